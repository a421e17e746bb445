// One line of layers.jsonl by the saved format's own schema.
import { type LayersLine, layersLine } from '../../contract/saved/lines.ts';

/** Undefined where it is none. */
export const layersLineOf = (value: unknown): LayersLine | undefined => layersLine.safeParse(value).data;
