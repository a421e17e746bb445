// Which weights a training program's checkpoint holds and which of them are meant; what lies beside them becomes text.
// Knows nothing of files or of a model's names.
import { shown } from './file-bytes.ts';
import { some } from './names.ts';
import { keyText, textOf } from './pickle-text.ts';
import { dictOf, type PickleValue, type PyDict, PyOpaque } from './pickle-values.ts';
import { StoredTensor, typeText } from './torch-values.ts';

export interface ChosenWeights {
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Null where the weights lie at the top of the file, without a name. */
  weights: string | null;
  weightSets: readonly string[];
  metadata: Readonly<Record<string, string>>;
  notes: string[];
}

const saveWeights =
  'Load it in Python where it comes from and save the weights alone: torch.save(model.state_dict(), "weights.pth").';

/** First the weights that were trained, then their averages. */
const preferred = ['model', 'state_dict', 'model_state_dict', 'model_state', 'module', 'net', 'network', 'weights'];
const averages = /ema|average|swa/i;
const trainingState = /optim|sched|scaler|rng|random_state/i;

/** A whole pickle without the weights that are wanted of it; `hint` says what to do. */
export class NoWeightsError extends Error {
  override readonly name = 'NoWeightsError';
  readonly hint: string;
  constructor(message: string, hint = saveWeights) {
    super(message);
    this.hint = hint;
  }
}

interface WeightSet {
  name: string;
  dict: PyDict;
  tensors: number;
}

/** `asked` names a set, or undefined for the preferred one. Throws NoWeightsError where there is none (of that name). */
export function chooseWeights(root: PickleValue, asked: string | undefined): ChosenWeights {
  const top = dictOf(root);
  if (!top) throw new NoWeightsError(`expected tensors by name, found ${kindOf(root)}`);
  const sets = findSets(top);
  const direct = countTensors(top);
  const largest = Math.max(0, ...sets.map((s) => s.tensors));
  if (largest === 0 && direct === 0) throw new NoWeightsError('holds no tensors by name');
  const named = largest >= direct ? sets.filter((s) => s.tensors * 10 >= largest) : [];
  named.sort((a, b) => rank(a.name) - rank(b.name) || b.tensors - a.tensors);
  const weightSets = named.map((s) => s.name);
  if (asked !== undefined && !weightSets.includes(asked))
    throw new NoWeightsError(
      weightSets.length > 0
        ? `holds no weights "${shown(asked)}"; it has ${some(weightSets, 20)}`
        : `holds no weights "${shown(asked)}", only those at its top, without a name`,
      'Ask for one that is there, or for none.',
    );
  const chosen = asked === undefined ? named[0] : named.find((s) => s.name === asked);
  const notes: string[] = [];
  if (chosen && named.length > 1)
    notes.push(`took the weights "${shown(chosen.name)}" of ${some(weightSets, 20)}; another set can be asked for`);
  else if (chosen) notes.push(`took the weights "${shown(chosen.name)}"`);
  const tensors = tensorsOf(chosen?.dict ?? top, notes, chosen !== undefined);
  const metadata = metadataOf(top, named, notes);
  return { tensors, weights: chosen?.name ?? null, weightSets, metadata, notes };
}

function rank(name: string): number {
  const at = preferred.indexOf(name.split('.')[0] ?? name);
  if (averages.test(name)) return 200;
  if (/^student/.test(name)) return 150;
  return at < 0 ? 100 : at;
}

function kindOf(root: PickleValue): string {
  if (root instanceof StoredTensor) return 'a single tensor';
  if (root instanceof PyOpaque) return `a whole object of the class ${shown(root.name)}`;
  return 'other data';
}

const countTensors = (dict: PyDict): number =>
  [...dict.entries].filter(([key, value]) => typeof key === 'string' && value instanceof StoredTensor).length;

/** Dicts with tensors by name under the names they are reached by, at most three deep, each once. */
function findSets(top: PyDict): WeightSet[] {
  const found: WeightSet[] = [];
  const seen = new Set<PyDict>([top]);
  const visit = (dict: PyDict, path: string, depth: number): void => {
    for (const [key, value] of dict.entries) {
      const inner = dictOf(value);
      if (typeof key !== 'string' || !inner || seen.has(inner) || trainingState.test(key)) continue;
      seen.add(inner);
      const name = path + key;
      const tensors = countTensors(inner);
      if (tensors > 0) found.push({ name, dict: inner, tensors });
      if (depth < 3) visit(inner, `${name}.`, depth + 1);
    }
  };
  visit(top, '', 1);
  return found;
}

/** The tensors of a set; `all`: anything else in it is said to be left out (at the top it becomes metadata). */
function tensorsOf(dict: PyDict, notes: string[], all: boolean): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const left: string[] = [];
  for (const [key, value] of dict.entries) {
    const name = keyText(key);
    if (value instanceof StoredTensor && value.dtype === null) left.push(`${name} (${typeText(value)})`);
    else if (value instanceof StoredTensor && typeof key === 'string') tensors.set(key, value);
    else if (value instanceof StoredTensor) left.push(`${name} (its name is no text)`);
    else if (all || value instanceof PyOpaque) left.push(`${name} (no plain tensor)`);
  }
  if (left.length > 0) notes.push(`left out: ${some(left)}`);
  if (tensors.size === 0) throw new NoWeightsError(`holds no tensor that can be read; ${notes.at(-1) ?? ''}`);
  return tensors;
}

/** Keys by which this program keeps its own description of a model and its data. */
const reserved = /^(model|data|format|unsmooth\..*)$/;
const entryCap = 200;
const lengthCap = 100_000;

/** What lies at the top beside the weights, as text; optimisers and tensors are only mentioned. */
function metadataOf(top: PyDict, sets: readonly WeightSet[], notes: string[]): Record<string, string> {
  const used = new Set(sets.map((s) => s.name.split('.')[0]));
  const pairs: [string, string][] = [];
  const left: string[] = [];
  for (const [key, value] of top.entries) {
    const name = keyText(key);
    if (used.has(name) || (value instanceof StoredTensor && used.size === 0)) continue;
    const text = trainingState.test(name) || value instanceof StoredTensor ? undefined : textOf(value);
    if (text === undefined || text.length > lengthCap || pairs.length >= entryCap) left.push(name);
    else pairs.push([reserved.test(name) ? `checkpoint.${name}` : name, text]);
  }
  if (left.length > 0) notes.push(`not read, beside the weights: ${some(left)}`);
  return Object.fromEntries(pairs);
}
