// Parquet files as a dataset: labels of all rows and where row groups begin, indexed once. Images stay in the files.
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { channelsOf } from './channels.ts';
import type { Dataset } from './dataset.ts';
import { Findings } from './findings.ts';
import { sha256 } from './index-format.ts';
import { indexOf } from './index-store.ts';
import { type IndexWriter, SplitWriter } from './index-writer.ts';
import { indexedDataset } from './indexed.ts';
import { counted, shown } from './names.ts';
import type { Opening } from './open.ts';
import { Pace } from './pace.ts';
import { type Columns, columnsOf } from './parquet-columns.ts';
import { openParquetFile, type ParquetFile } from './parquet-file.ts';
import { RawLabels } from './raw-labels.ts';
import { type Shards, shardPath, shardsOf } from './shards.ts';
import { imageBytes } from './sources/parquet.ts';

const kind = 'parquet';
/** Images whose head says whether the data is grey; of the first row group of each file, at most. */
const heads = 16;

/** Throws DATASET_INVALID naming file, field, expected and found; STOPPED when cancelled. */
export async function openParquet(location: DatasetLocation, opening?: Opening): Promise<Dataset> {
  const index = await indexOf(location, kind, (writer) => new TableIndexer(writer, location.path, opening).run());
  const { base: root, files, header } = index;
  const column = header.column ?? '';
  return indexedDataset(location, index, ({ blocks, count }) => ({
    kind: 'parquet',
    root,
    files,
    column,
    groups: blocks ?? [],
    count,
  }));
}

class TableIndexer {
  private readonly findings = new Findings();
  private readonly labels = new RawLabels();
  private readonly pace: Pace;
  private readonly writer: IndexWriter;
  private readonly root: string;
  private columns: Columns | undefined;
  private readonly heads: Uint8Array[] = [];
  constructor(writer: IndexWriter, root: string, opening: Opening | undefined) {
    this.writer = writer;
    this.root = root;
    this.pace = new Pace(opening);
  }

  async run(): Promise<void> {
    const shards = shardsOf(this.root, 'parquet', this.findings);
    const parts = [...shards.splits].map(([name, files]) => `${name} from ${counted(files.length, 'file')}`);
    this.writer.fingerprint(`${kind}\n`);
    const splits: SplitWriter[] = [];
    for (const [name, files] of shards.splits) {
      const split = new SplitWriter(name, false, 0);
      split.blocks = [];
      this.writer.fingerprint(`split ${name}\n`);
      for (const file of files) await this.file(split, shards, file);
      splits.push(split);
    }
    const columns = this.columns;
    if (!columns || splits.every((s) => s.count === 0))
      throw new UnsmoothError('DATASET_INVALID', `${this.root}: its Parquet files have no rows`);
    const { classes, classNames, note } = this.labels.settle(splits, columns.names);
    this.findings.note(`Parquet: ${parts.join(', ')}; ${columns.said}`);
    if (columns.names)
      this.findings.note(`the ${columns.names.length} classes are named and ordered by the Hub's metadata`);
    if (note) this.findings.note(note);
    for (const split of splits) this.writer.fingerprint(split.labels.bytes());
    this.writer.finish(splits, {
      stamps: shards.stamps,
      classes,
      classNames,
      channels: await channelsOf(this.heads),
      notes: this.findings.notes(),
      problems: this.findings.problems,
      problemCount: this.findings.problemCount,
      files: shards.files,
      column: columns.image,
    });
  }

  private async file(split: SplitWriter, { base, files }: Shards, place: number): Promise<void> {
    const name = files[place] ?? '';
    const path = shardPath(base, name);
    const where = shown(path);
    const file = openParquetFile(path, where);
    try {
      const columns = this.agreed(columnsOf(file.metadata, where), where);
      this.writer.fingerprint(`${name}\0${file.size} ${sha256(file.footer)}\n`);
      for (const [group, rows] of file.groupRows.entries()) {
        if (rows === 0) continue;
        const first = split.count;
        for (const value of columns.label
          ? await file.readGroup(columns.label, group)
          : new Array<null>(rows).fill(null))
          split.label(this.labels.id(labelOf(value, where), where));
        split.blocks?.push([first, place, group]);
        if (this.pace.due()) await this.pace.rest(split.count, null, `reading labels of ${where}`);
      }
      if (this.heads.length < heads && file.groupRows[0]) await this.sample(file, columns.image);
    } finally {
      file.close();
    }
  }

  private async sample(file: ParquetFile, column: string): Promise<void> {
    for (const value of (await file.readGroup(column, 0)).slice(0, heads)) {
      const bytes = imageBytes(value);
      if (bytes) this.heads.push(Uint8Array.from(bytes.subarray(0, 1 << 17)));
    }
  }

  /** The columns of the first file; every other must have the same. */
  private agreed(columns: Columns, where: string): Columns {
    this.columns ??= columns;
    const { image, label, names } = this.columns;
    const same = image === columns.image && label === columns.label;
    if (same && (columns.names === null || names === null || columns.names.join('\n') === names.join('\n')))
      return columns;
    const what = same ? 'names its classes otherwise than' : `has ${columns.said}, unlike`;
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${where}: ${what} the files before it`,
      'Give a folder whose files belong together.',
    );
  }
}

function labelOf(value: unknown, where: string): number | string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw new UnsmoothError(
    'DATASET_INVALID',
    `${where}: a label is a ${Array.isArray(value) ? 'list' : typeof value}; expected one number or word`,
  );
}
