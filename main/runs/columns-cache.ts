// Curves of a metrics file kept in the cache as plain columns, so that a file is parsed once. One file each, named by the path it was made
// from; its head says of which size and time that was. What cannot be read is made anew.
import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { Curve, Curves } from '../../contract/app/series.ts';
import { UnsmoothError } from '../../contract/errors.ts';

export interface FileState {
  size: number;
  mtimeMs: number;
}

interface Head extends FileState {
  version: 1;
  file: string;
  /** Lengths of the arrays that follow, in order; 8 bytes a value in the machine's own order. */
  arrays: number[];
  little: boolean;
  /** Array numbers of each tag. */
  tags: Record<string, Record<keyof Curve, number>>;
}

/** All files together; the longest unused go first. */
const mostBytes = 1e9;
const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const axes = ['step', 'epoch', 'wall', 'value'] as const;
const cacheFile = (folder: string, file: string) =>
  path.join(folder, `${createHash('sha1').update(path.resolve(file)).digest('hex')}.columns`);

/** The tags asked for (null: all), or undefined where the file was not kept in this state. */
export async function readCached(
  folder: string,
  file: string,
  state: FileState,
  tags: readonly string[] | null,
): Promise<Curves | undefined> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(cacheFile(folder, file), 'r');
    const size = Buffer.alloc(8);
    await handle.read(size, 0, 8, 0);
    const headBytes = size.readUInt32LE(0);
    if (size.readUInt32LE(4) !== magic || headBytes > 10_000_000) return undefined;
    const text = Buffer.alloc(headBytes);
    await handle.read(text, 0, headBytes, 8);
    const head: Head = JSON.parse(text.toString('utf8'));
    if (head.version !== 1 || head.little !== little || head.file !== path.resolve(file)) return undefined;
    if (head.size !== state.size || head.mtimeMs !== state.mtimeMs) return undefined;
    const curves = await readColumns(handle, head, 8 + headBytes, tags);
    const now = new Date();
    await handle.utimes(now, now).catch(() => {}); // only for the order of removal
    return curves;
  } catch {
    return undefined; // none yet, or a damaged one: it is made anew
  } finally {
    await handle?.close();
  }
}

const magic = 0x4c4f4355; // "UCOL"

async function readColumns(
  handle: fs.FileHandle,
  head: Head,
  at: number,
  wanted: readonly string[] | null,
): Promise<Curves> {
  const starts = [0];
  for (const length of head.arrays) starts.push((starts.at(-1) ?? 0) + length);
  const read = new Map<number, Float64Array>();
  const column = async (index: number): Promise<Float64Array> => {
    const known = read.get(index);
    if (known) return known;
    const values = new Float64Array(head.arrays[index] ?? 0);
    const bytes = new Uint8Array(values.buffer);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, at + 8 * (starts[index] ?? 0));
    if (bytesRead !== bytes.length) throw new UnsmoothError('INPUT_INVALID', 'cut short');
    read.set(index, values);
    return values;
  };
  const curves: Curves = {};
  for (const [tag, columns] of Object.entries(head.tags)) {
    if (wanted && !wanted.includes(tag)) continue;
    const [step, epoch, wall, value] = await Promise.all(axes.map((axis) => column(columns[axis])));
    if (step && epoch && wall && value) curves[tag] = { step, epoch, wall, value };
  }
  return curves;
}

/** Keeps the curves of a file. A cache that cannot be written (full, read-only) is none. */
export async function keepCurves(folder: string, file: string, state: FileState, curves: Curves): Promise<void> {
  const arrays: Float64Array[] = [];
  const numberOf = (array: Float64Array): number => {
    const known = arrays.indexOf(array);
    return known >= 0 ? known : arrays.push(array) - 1;
  };
  const tags = Object.fromEntries(
    Object.entries(curves).map(([tag, c]) => [
      tag,
      { step: numberOf(c.step), epoch: numberOf(c.epoch), wall: numberOf(c.wall), value: numberOf(c.value) },
    ]),
  );
  const head: Head = {
    version: 1,
    file: path.resolve(file),
    size: state.size,
    mtimeMs: state.mtimeMs,
    little,
    arrays: arrays.map((a) => a.length),
    tags,
  };
  const text = Buffer.from(JSON.stringify(head));
  const start = Buffer.alloc(8);
  start.writeUInt32LE(text.length, 0);
  start.writeUInt32LE(magic, 4);
  const target = cacheFile(folder, file);
  const temporary = `${target}.${process.pid}.unsmooth-tmp`;
  try {
    await fs.mkdir(folder, { recursive: true });
    const handle = await fs.open(temporary, 'w');
    try {
      await handle.writev([start, text, ...arrays.map((a) => new Uint8Array(a.buffer, a.byteOffset, a.byteLength))]);
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, target);
    await makeRoom(folder);
  } catch {
    await fs.rm(temporary, { force: true }).catch(() => {}); // the next reader parses again
  }
}

async function makeRoom(folder: string): Promise<void> {
  const names = await fs.readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => ({
      name,
      ...(await fs.stat(path.join(folder, name)).then(
        (s) => s,
        () => undefined,
      )),
    })),
  );
  let total = files.reduce((sum, f) => sum + (f.size ?? 0), 0);
  for (const { name, size = 0 } of files.sort((a, b) => (a.mtimeMs ?? 0) - (b.mtimeMs ?? 0))) {
    if (total <= mostBytes) return;
    await fs.rm(path.join(folder, name), { force: true });
    total -= size;
  }
}
