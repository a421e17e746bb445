// WebDataset shards as a dataset: members of tar archives grouped by name, images found by offset. Decodes nothing but a few heads.
import { closeSync, openSync } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { DatasetLocation } from '../../contract/worker-api.ts';
import { channelsOf } from './channels.ts';
import type { Dataset } from './dataset.ts';
import { refuseCompressed } from './detect.ts';
import { Findings } from './findings.ts';
import { indexOf } from './index-store.ts';
import { type IndexWriter, SplitWriter } from './index-writer.ts';
import { indexedDataset } from './indexed.ts';
import { counted, shown } from './names.ts';
import type { Opening } from './open.ts';
import { Pace } from './pace.ts';
import { RawLabels } from './raw-labels.ts';
import { type Shards, shardPath, shardsOf } from './shards.ts';
import { spanRecordBytes, writeSpanRecord } from './sources/spans.ts';
import { checkEncodedSize } from './sources/unreadable.ts';
import { readMember, type TarMember, tarMembers } from './tar.ts';

const kind = 'webdataset';
const imageField = /(^|\.)(jpe?g|png|webp|gif)$/i;
const mostLabelBytes = 1 << 20;

/** Throws DATASET_INVALID where there is no image, or an archive is compressed; STOPPED when cancelled. */
export async function openWebDataset(location: DatasetLocation, opening?: Opening): Promise<Dataset> {
  refuseCompressed(location.path);
  const index = await indexOf(location, kind, (writer) => new ShardIndexer(writer, location.path, opening).run());
  const { base: root, files } = index;
  return indexedDataset(location, index, (split) => ({
    kind: 'spans',
    index: index.file,
    sum: index.sum,
    root,
    files,
    table: split.table,
  }));
}

/** Members of one key, until the next begins. */
interface Sample {
  key: string;
  image: TarMember | null;
  label: number | string | null;
}

class ShardIndexer {
  private readonly findings = new Findings();
  private readonly labels = new RawLabels();
  private readonly pace: Pace;
  private readonly writer: IndexWriter;
  private readonly root: string;
  private done = 0;
  private readonly heads: Buffer[] = [];
  constructor(writer: IndexWriter, root: string, opening: Opening | undefined) {
    this.writer = writer;
    this.root = root;
    this.pace = new Pace(opening);
  }

  async run(): Promise<void> {
    const shards = shardsOf(this.root, 'tar', this.findings);
    const parts = [...shards.splits].map(([name, files]) => `${name} from ${counted(files.length, 'shard')}`);
    this.findings.note(`WebDataset: ${parts.join(', ')}`);
    this.writer.fingerprint(`${kind}\n`);
    const splits: SplitWriter[] = [];
    for (const [name, files] of shards.splits) {
      const split = new SplitWriter(name, false, spanRecordBytes);
      this.writer.fingerprint(`split ${name}\n`);
      for (const file of files) await this.shard(split, shards, file);
      splits.push(split);
    }
    if (this.done === 0) {
      const why = this.findings.problems[0];
      throw new UnsmoothError(
        'DATASET_INVALID',
        `${this.root}: there is no image in its archives${why ? ` (${why.where}: ${why.message})` : ''}`,
        'Give plain tar archives of images.',
        this.findings.problems,
      );
    }
    const { classes, classNames, note } = this.labels.settle(splits, null);
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
      column: null,
    });
  }

  private async shard(split: SplitWriter, { base, files }: Shards, file: number): Promise<void> {
    const path = shardPath(base, files[file] ?? '');
    const where = shown(path);
    const fd = openSync(path, 'r');
    try {
      let sample: Sample | undefined;
      for (const member of tarMembers(fd, where, this.findings)) {
        // As the webdataset package splits names: everything after the first dot of the last part is the field.
        const [, key, field] = /^((?:.*\/)?[^./][^./]*)\.([^/]*)$/.exec(member.name) ?? [];
        if (!key || !field) this.findings.ignored('members without an ending');
        else {
          if (sample?.key !== key) {
            this.sample(split, sample, fd, file, where);
            sample = { key, image: null, label: null };
          }
          this.member(sample, field, member, fd, where);
        }
        if (this.pace.due()) await this.pace.rest(this.done, null, `reading ${where}`);
      }
      this.sample(split, sample, fd, file, where);
    } finally {
      closeSync(fd);
    }
  }

  private member(sample: Sample, field: string, member: TarMember, fd: number, where: string): void {
    if (imageField.test(field)) {
      if (sample.image) this.findings.ignored('further images of a sample');
      else sample.image = member;
    } else if (/^(cls|json)$/i.test(field) && sample.label === null) {
      const label = member.size > mostLabelBytes ? undefined : labelIn(readMember(fd, member).toString('utf8'), field);
      if (label === undefined)
        this.findings.problem(where, `member ${JSON.stringify(member.name)} holds no label that can be read`);
      else sample.label = label;
    }
  }

  private sample(split: SplitWriter, sample: Sample | undefined, fd: number, file: number, where: string): void {
    if (!sample) return;
    if (!sample.image) {
      this.findings.ignored('samples without an image');
      return;
    }
    const { name, offset, size } = sample.image;
    try {
      checkEncodedSize(size);
    } catch (e) {
      this.findings.problem(where, `member ${JSON.stringify(name)} ${UnsmoothError.from(e).message}`);
      return;
    }
    split.label(this.labels.id(sample.label, where));
    const text = Buffer.from(name);
    writeSpanRecord(split.table.next(), {
      file,
      offset,
      length: size,
      nameAt: this.writer.append(text),
      nameBytes: text.length,
    });
    this.writer.fingerprint(`${name}\0${size}\n`);
    // Evenly spread without knowing how many there are: at every power of two, and at the first few.
    if (this.done < 16 || (this.done & (this.done - 1)) === 0)
      this.heads.push(readMember(fd, { ...sample.image, size: Math.min(size, 1 << 17) }));
    this.done++;
  }
}

/** A whole number, or a word; null: the file says that there is none; undefined: it cannot be read. */
function labelIn(text: string, field: string): number | string | null | undefined {
  const asLabel = (value: unknown) =>
    typeof value === 'number' || typeof value === 'string' ? wordOrNumber(value) : null;
  if (field.toLowerCase() === 'cls') return text.trim() === '' ? undefined : wordOrNumber(text);
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && 'label' in parsed ? asLabel(parsed.label) : null;
  } catch {
    return undefined;
  }
}

function wordOrNumber(value: string | number): number | string {
  const text = String(value).trim();
  return /^-?\d{1,9}$/.test(text) ? Number(text) : text.slice(0, 200);
}
