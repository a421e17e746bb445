// The patch losses' formulas by definition, as reports show them. The paper's stand in the recipe's schema; what the others change stands here.
import { type LossDefinition, recipeSchema } from '../contract/recipe.ts';

type Field = 'patch_cosine' | 'patch_contrastive' | 'patch_mixing';
const fields: readonly Field[] = ['patch_cosine', 'patch_contrastive', 'patch_mixing'];

/** Whose definition it is. */
export const definitionSources: Readonly<Record<LossDefinition, string>> = {
  paper: 'Gong et al. 2021',
  'reference-code': 'ChengyueGongR/PatchVisionTransformer',
  'diverse-vit': 'VITA-Group/Diverse-ViT',
};

const published: Readonly<Record<Exclude<LossDefinition, 'paper'>, Partial<Record<Field, string>>>> = {
  'reference-code': {
    patch_contrastive:
      'L_con = -1/n Σ_i log( e^{a_i} / (e^{a_i} + e^{b_i} + e^{c_i}) + 1e-8 ), a_i = e_i·h[L]_i, b_i = e_i·mean_{j≠i} h[L]_j, c_i the same over the 7 x 7 neighbourhood; e: patches as embedded, no gradient',
    patch_mixing: 'L_mix = Σ_r area_r/n · CE(g(drop(mean_{i in r} h[L]_i)), y_r), r: the two regions of a CutMix image',
  },
  'diverse-vit': {
    patch_cosine: 'L_cos = 1/n² Σ_{i,j} h_i·h_j / (|h_i||h_j|), h = h[L]',
    patch_contrastive:
      'L_con = -1/n Σ_i log( e^{a_i} / (e^{a_i} + e^{b_i}) ), a_i = u_i·v_i, b_i = u_i·mean_{j≠i} v_j, u = h[0]/|h[0]|, v = h[L]/|h[L]|',
    patch_mixing: 'L_mix = 1/n Σ_i CE(head(LN(h[L]_i)), y_i), y_i by area; loss = (CE + w·n·L_mix) / (1 + w·n) + …',
  },
};

export interface LossFormula {
  definition: LossDefinition;
  field: Field;
  title: string;
  formula: string;
}

/** The three losses of each of the given definitions, titles as the recipe's schema words them. */
export function lossFormulas(definitions: readonly LossDefinition[]): LossFormula[] {
  const { shape } = recipeSchema.shape.losses.unwrap();
  return [...new Set(definitions)].flatMap((definition) =>
    fields.map((field) => {
      const meta = shape[field].meta();
      const own = definition === 'paper' ? undefined : published[definition][field];
      return { definition, field, title: meta?.title ?? field, formula: own ?? String(meta?.formula ?? '') };
    }),
  );
}
