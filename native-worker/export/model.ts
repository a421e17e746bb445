// A model on its way out: configuration, weights by timm's names, and what is known of its data. Knows no target.
import type { OpenModel } from '../checkpoint/open-model.ts';

export type ExportedModel = Pick<OpenModel, 'config' | 'tensors' | 'normalisation' | 'labels'>;
