// Which columns of a Parquet file are the image and the label, and what its classes are called. Looks at the schema and the Hub's metadata.
import { type FileMetaData, parquetSchema, type SchemaTree } from 'hyparquet';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';

export interface Columns {
  image: string;
  label: string | null;
  /** Of the label, in their own order, where the Hub's metadata has them. */
  names: string[] | null;
  /** What was chosen and what was left. */
  said: string;
}

const imageNames = ['image', 'img', 'images', 'picture', 'photo', 'jpg', 'png', 'pixels'];
const labelNames = ['label', 'labels', 'fine_label', 'class', 'target', 'cls', 'category', 'y'];

/** Throws DATASET_INVALID listing the columns. */
export function columnsOf(metadata: FileMetaData, where: string): Columns {
  const { children } = parquetSchema(metadata);
  const seen = children.map((c) => c.element.name);
  const images = children.filter(holdsImages).map((c) => c.element.name);
  const image = imageNames.find((n) => images.includes(n)) ?? (images.length === 1 ? images[0] : undefined);
  if (image === undefined)
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${where}: expected one column of images (binary, or a struct {bytes, path}), found ${images.length > 1 ? images.join(' and ') : 'none'} among ${seen.join(', ')}`,
      `Name the column ${imageNames[0]}.`,
    );
  const features = featuresOf(metadata);
  const labels = children.filter(holdsLabels).map((c) => c.element.name);
  const named = labelNames.filter((n) => labels.includes(n));
  const featured = labels.filter((n) => features.has(n));
  const label = named[0] ?? featured[0] ?? null;
  const others = [...new Set([...named, ...featured])].filter((n) => n !== label);
  const rest = others.length > 0 ? `; ${others.join(', ')} not read` : '';
  const said = `images in column ${image}, ${label ? `labels in ${label}${rest}` : `no labels among ${seen.join(', ')}`}`;
  return { image, label, names: label === null ? null : (features.get(label) ?? null), said };
}

const isBinary = ({ element, children }: SchemaTree): boolean =>
  children.length === 0 &&
  element.type === 'BYTE_ARRAY' &&
  element.repetition_type !== 'REPEATED' &&
  !isText({ element });
const isText = ({ element }: Pick<SchemaTree, 'element'>): boolean =>
  element.converted_type !== undefined || element.logical_type !== undefined;

const holdsImages = (column: SchemaTree): boolean =>
  isBinary(column) || column.children.some((c) => c.element.name === 'bytes' && isBinary(c));

const labelTypes = ['INT32', 'INT64', 'BOOLEAN', 'BYTE_ARRAY'];
const holdsLabels = (column: SchemaTree): boolean =>
  column.children.length === 0 &&
  labelTypes.includes(column.element.type ?? '') &&
  column.element.repetition_type !== 'REPEATED' &&
  !isBinary(column);

const feature = z.object({ names: z.array(z.string()) });
const hub = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

/** Class names by column, from the key `huggingface`. Metadata of another form counts as none. */
function featuresOf({ key_value_metadata }: FileMetaData): Map<string, string[]> {
  const text = key_value_metadata?.find((kv) => kv.key === 'huggingface')?.value;
  const parsed = hub.safeParse(text === undefined ? undefined : jsonOf(text));
  const columns = parsed.success ? Object.entries(parsed.data.info.features) : [];
  return new Map(
    columns.flatMap(([name, value]): [string, string[]][] => {
      const found = feature.safeParse(value);
      return found.success ? [[name, found.data.names]] : [];
    }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
