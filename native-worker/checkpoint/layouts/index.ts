// Which layout a file has, by its names, and its model with every tensor checked: missing, left over and wrongly shaped ones named.
import { type Problem, UnsmoothError } from '../../../contract/errors.ts';
import { type VitConfig, vitParameters } from '../../models/vit-config.ts';
import { checkpointInvalid, shown } from '../file-bytes.ts';
import { some } from '../names.ts';
import type { TensorFile } from '../tensor-file.ts';
import { googleNpz } from './google-npz.ts';
import { huggingFace } from './hugging-face.ts';
import { type Layout, type Reading, type Source, sourceOf } from './layout.ts';
import { floats, fromOrigin, type ModelTensor, type Origin, taken } from './origin.ts';
import { timm } from './timm.ts';
import { torchvision } from './torchvision.ts';

const layouts: readonly Layout[] = [timm, huggingFace, googleNpz, torchvision];

/** Models whose files people have and that are not computed here, told by a name of theirs. */
const others: readonly { model: string; has: RegExp }[] = [
  { model: 'a Swin Transformer', has: /relative_position_bias_table|^swin\./ },
  { model: 'CaiT', has: /^blocks_token_only\./ },
  { model: 'BEiT', has: /relative_position_bias|^beit\./ },
  { model: 'DINOv2', has: /^dinov2\.|^register_tokens$/ },
  { model: 'CLIP', has: /^visual\.|^vision_model\.|text_model\./ },
  { model: 'a convolutional network', has: /(^|\.)conv1\.weight$|running_mean$/ },
];

/** The layout, or null where the names are of none that is read here. */
export const layoutOf = (file: TensorFile): Layout | null => layouts.find((l) => l.recognises(file)) ?? null;

export interface ReadModel {
  words: string;
  config: VitConfig;
  notes: string[];
  labels: readonly string[] | null;
  /** By our names, all of `vitParameters(config)`. */
  tensors: Map<string, ModelTensor>;
}

/**
 * The model in a file. `heads` is what the user says, where the file does not. Throws CHECKPOINT_INVALID: of no layout that is
 * read here, of another model, or with tensors missing, left over, or of another shape or type than the model's.
 */
export function readModel(file: TensorFile, beside: Source['beside'], heads: number | null): ReadModel {
  const layout = layoutOf(file);
  if (!layout) throw unknown(file);
  const reading = layout.read(sourceOf(file, beside, layout.name));
  const notes = [...reading.notes];
  const config = { ...reading.config, num_heads: headsOf(file.path, reading.config, heads, notes) };
  const origins = new Map(Object.keys(vitParameters(config)).map((name) => [name, reading.origin(name, config)]));
  notes.push(...check(file, layout, reading, origins));
  const shapes = Object.entries(vitParameters(config));
  const tensors = shapes.map(([name, shape]): [string, ModelTensor] => [
    name,
    fromOrigin(file, origins.get(name) ?? { kind: 'zeros', count: 0 }, shape),
  ]);
  return { words: reading.words, config, notes, labels: reading.labels, tensors: new Map(tensors) };
}

function unknown(file: TensorFile): UnsmoothError {
  const names = [...file.tensors.keys()];
  const other = others.find(({ has }) => names.some((name) => has.test(name)));
  return checkpointInvalid(
    file.path,
    `is of no layout that is read here${other ? ` (it looks like ${other.model})` : ''}: it holds ${some(names, 3) || 'no tensors'}`,
    undefined,
    `Vision Transformers are read in the layouts of ${layouts.map((l) => l.name).join(', ')}.`,
  );
}

/** Shapes do not tell the number of heads: the file's word, else the user's, else the habit of 64 a head. */
function headsOf(
  path: string,
  { num_heads: said, embed_dim }: Reading['config'],
  asked: number | null,
  notes: string[],
) {
  const heads = said ?? asked ?? (embed_dim % 64 === 0 ? embed_dim / 64 : null);
  if (heads === null)
    throw checkpointInvalid(
      path,
      `the number of heads is not in the file and cannot be inferred (embed_dim ${embed_dim} is no multiple of 64)`,
      undefined,
      'Give --heads.',
    );
  if (said !== null && asked !== null && said !== asked)
    notes.push(`the file says ${said} heads; the ${asked} asked for are not used`);
  if (said === null && asked === null)
    notes.push(`the number of heads is not in the file; ${heads} assumed (embed_dim / 64); --heads overrides`);
  if (embed_dim % heads !== 0)
    throw checkpointInvalid(
      path,
      `embed_dim ${embed_dim} is not divisible by ${heads} heads`,
      undefined,
      'Give another --heads.',
    );
  return heads;
}

const problemCap = 50;

/** Throws CHECKPOINT_INVALID for what does not fit; what is left out on purpose, in words. */
function check(file: TensorFile, layout: Layout, reading: Reading, origins: ReadonlyMap<string, Origin>): string[] {
  const wanted = [...origins.values()].flatMap(taken);
  const problems: Problem[] = [];
  const used = new Set<string>();
  for (const { tensor, shape } of wanted) {
    if (used.has(tensor)) continue; // stacked blocks take of one tensor many times
    used.add(tensor);
    const entry = file.tensors.get(tensor);
    const expected = `expected [${shape.join(', ')}]`;
    if (!entry) problems.push({ where: tensor, message: `missing; ${expected}` });
    else if (entry.shape.join() !== shape.join())
      problems.push({ where: tensor, message: `${expected}, found [${entry.shape.join(', ')}]` });
    else if (entry.dtype !== 'F64' && !floats.some((f) => f === entry.dtype))
      problems.push({ where: tensor, message: `expected ${floats.join(', ')} or F64, found ${entry.dtype}` });
  }
  const left = new Map<string, string[]>();
  for (const name of file.tensors.keys()) {
    if (used.has(name)) continue;
    const why = reading.leftOut(name) ?? uncounted(file, name);
    if (why === null) problems.push({ where: shown(name), message: 'left over; this ViT has none' });
    else left.set(why, [...(left.get(why) ?? []), name]);
  }
  const [first] = problems;
  if (first)
    throw new UnsmoothError(
      'CHECKPOINT_INVALID',
      `${file.path}: tensor ${first.where}: ${first.message}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
      `It has the names of ${layout.name}, and is not a model of it that is computed here.`,
      problems.slice(0, problemCap),
    );
  return [...left].map(([why, names]) => `left out: ${some(names)} (${why})`);
}

/** Counters and empty tensors, which no model needs. */
function uncounted(file: TensorFile, name: string): string | null {
  const entry = file.tensors.get(name);
  if (entry?.shape.includes(0)) return 'empty';
  return entry && /^[IU]|BOOL/.test(entry.dtype) && entry.shape.length < 2 ? 'a counter' : null;
}
