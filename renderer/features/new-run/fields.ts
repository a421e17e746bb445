// The form of a new run, read off the recipe's schema: no field is named here. Sections are the schema's own; what stands beside
// them at the top level goes to the first or the last section, by its place.
import { z } from 'zod';
import { allFields, recipeSchema } from '../../../contract/recipe.ts';

export interface Bounds {
  integer: boolean;
  min?: number;
  above?: number;
  max?: number;
  below?: number;
}
export type Kind =
  /** Takes this value alone; `reason` says why. */
  | { type: 'fixed'; value: unknown; reason: string }
  /** `word` may stand instead of a number. */
  | { type: 'number'; bounds: Bounds; word?: string }
  | { type: 'choice'; options: readonly (string | number)[] }
  | { type: 'switch' }
  | { type: 'text'; most?: number }
  | { type: 'numbers'; least: number; most: number }
  /** Any of these, in their order. */
  | { type: 'set'; options: readonly string[] };

export interface Field {
  /** Dotted, as in a problem's `where`. */
  path: string;
  key: string;
  title: string;
  help: string;
  unit?: string;
  formula?: string;
  default: unknown;
  /** null is a value of its own: off, none. */
  nullable: boolean;
  kind: Kind;
}
export interface Section {
  id: string;
  title: string;
  fields: Field[];
}

/** What is read of zod's JSON schema. */
interface Json {
  title?: string;
  help?: string;
  unit?: string;
  formula?: string;
  default?: unknown;
  type?: string;
  const?: string | number;
  enum?: string[];
  anyOf?: Json[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: Json | false;
  properties?: Record<string, Json>;
}

const titles: Readonly<Record<string, string>> = {
  data: 'Data',
  model: 'Model',
  losses: 'Losses',
  optim: 'Optimisation',
  augment: 'Augmentation',
  train: 'Training',
  probe: 'Probe',
};

/** Every field of the recipe once, in sections. */
export function recipeSections(): Section[] {
  const top = Object.entries((z.toJSONSchema(recipeSchema, { io: 'input' }) as Json).properties ?? {});
  const isSection = ([, json]: (typeof top)[number]) => json.properties !== undefined;
  const first = top.findIndex(isSection);
  const last = top.findLastIndex(isSection);
  const loose = (id: string, title: string, entries: typeof top): Section => ({
    id,
    title,
    fields: entries.map(([key, json]) => fieldOf(key, key, json)),
  });
  const sections = top.filter(isSection).map(
    ([id, json]): Section => ({
      id,
      title: titles[id] ?? id,
      fields: Object.entries(json.properties ?? {}).map(([key, inner]) => fieldOf(`${id}.${key}`, key, inner)),
    }),
  );
  const wanted = Object.keys(titles);
  sections.sort((a, b) => wanted.indexOf(a.id) - wanted.indexOf(b.id));
  return [loose('run', 'Run', top.slice(0, first)), ...sections, loose('engine', 'Engine', top.slice(last + 1))];
}

function fieldOf(path: string, key: string, json: Json): Field {
  const inner = json.anyOf?.filter((j) => j.type !== 'null') ?? [json];
  const [first] = inner;
  return {
    path,
    key,
    title: json.title ?? `${key[0]?.toUpperCase()}${key.slice(1)}`,
    help: json.help ?? '',
    unit: json.unit,
    formula: json.formula,
    default: json.default,
    nullable: json.anyOf?.some((j) => j.type === 'null') ?? false,
    kind: kindOf(path, inner.length === 1 && first?.anyOf ? first.anyOf : inner),
  };
}

function kindOf(path: string, types: Json[]): Kind {
  const [json, other] = types;
  if (!json) throw new Error(`${path} has no type`);
  const constants = types.flatMap((t) => t.const ?? []);
  if (other && constants.length === types.length) return { type: 'choice', options: constants };
  if (other) return { type: 'number', bounds: boundsOf(other), word: String(json.const) };
  if (json.const !== undefined || json.type === 'null') return fixed(path, json.const ?? null);
  if (json.enum) return { type: 'choice', options: json.enum };
  if (json.type === 'boolean') return { type: 'switch' };
  if (json.type === 'number' || json.type === 'integer') return { type: 'number', bounds: boundsOf(json) };
  if (json.type === 'string') return { type: 'text', most: json.maxLength };
  if (json.type === 'array') {
    const options = json.items ? json.items.enum : undefined;
    if (options) return { type: 'set', options };
    return { type: 'numbers', least: json.minItems ?? 0, most: json.maxItems ?? Number.POSITIVE_INFINITY };
  }
  throw new Error(`${path} has a type that the form does not know: ${json.type}`);
}

const boundsOf = (j: Json): Bounds => ({
  integer: j.type === 'integer',
  min: j.minimum,
  above: j.exclusiveMinimum,
  max: j.maximum === Number.MAX_SAFE_INTEGER ? undefined : j.maximum,
  below: j.exclusiveMaximum,
});

/** The reason is what the schema says to any other value. */
function fixed(path: string, value: unknown): Kind {
  const [section = '', key] = path.split('.');
  const refused = recipeSchema.safeParse(key === undefined ? { [section]: 'x' } : { [section]: { [key]: 'x' } });
  const reason = refused.error?.issues[0]?.message ?? '';
  return { type: 'fixed', value, reason: `${reason[0]?.toUpperCase() ?? ''}${reason.slice(1)}.` };
}

/** "at least 1, a whole number": what a number must be. */
export function boundsText({ integer, min, above, max, below }: Bounds): string {
  const parts = [
    integer && 'whole',
    min !== undefined && (max !== undefined ? `${min} to ${max}` : `at least ${min}`),
    above !== undefined && `above ${above}`,
    max !== undefined && min === undefined && `at most ${max}`,
    below !== undefined && `below ${below}`,
  ];
  return parts.filter(Boolean).join(', ');
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** As it stands in an input; nothing for null. */
export const shownText = (value: unknown): string =>
  value === null || value === undefined
    ? ''
    : Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);

/** What the user wrote, as a value of the recipe; what is no such value stays text, and the schema says so. */
export function written(field: Pick<Field, 'kind' | 'nullable'>, text: string): unknown {
  const t = text.trim();
  if (t === '' && field.nullable) return null;
  if (field.kind.type === 'number')
    return t !== '' && t !== field.kind.word && Number.isFinite(Number(t)) ? Number(t) : t;
  if (field.kind.type === 'numbers')
    return t
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map((part) => (Number.isFinite(Number(part)) ? Number(part) : part));
  return text;
}

/** A dotted path as keys; only the recipe's own. */
export const isField = (path: string): boolean => allFields().includes(path);
