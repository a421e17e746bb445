// Where the members of a plain tar archive lie. Headers are read by the tar package, contents skipped; nothing is ever unpacked.
import { fstatSync, readSync } from 'node:fs';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { UnsmoothError } from '../../contract/errors.ts';
import type { Findings } from './findings.ts';
import { checkEncodedSize } from './sources/unreadable.ts';

export interface TarMember {
  name: string;
  /** Of its content, in bytes. */
  offset: number;
  size: number;
}

const block = 512;
const windowBytes = 16 * block;
/** A longer name or extended header is nonsense. */
const mostHeaderBytes = 1 << 20;
const files = new Set(['File', 'OldFile', 'ContiguousFile']);

/**
 * Plain files of the archive open as `fd`, in order. Links, names that lead outside, and contents beyond the end are problems of
 * `where` in `findings` and left out; what cannot be read as tar ends the walk with a problem. Throws DATASET_INVALID where it is compressed.
 */
export function* tarMembers(fd: number, where: string, findings: Findings): Iterable<TarMember> {
  const { size: end } = fstatSync(fd);
  const read = windowed(fd);
  let at = 0;
  let pax: Pax | undefined;
  let globalPax: Pax | undefined;
  let longName: string | undefined;
  if (isCompressed(read(0, 6)))
    throw new UnsmoothError(
      'DATASET_INVALID',
      `${where}: is compressed; only plain tar can be read at random`,
      `Instead: mv "${where}" "${where}.gz" && gunzip "${where}.gz".`,
    );
  while (true) {
    const bytes = read(at, block);
    if (bytes.length < block) {
      findings.problem(
        where,
        bytes.length === 0 ? 'has no end mark: it may be cut short' : `ends inside a header, at byte ${end}`,
      );
      return;
    }
    const header = headerOf(bytes, pax, globalPax);
    if (header?.nullBlock) return;
    if (!header?.cksumValid || header.size === undefined) {
      findings.problem(where, `is not tar at byte ${at}: the rest of it is not read`);
      return;
    }
    const content = at + block;
    const { type, size } = header;
    at = content + Math.ceil(size / block) * block;
    const text = () => readText(read, content, size, where);
    if (type === 'ExtendedHeader' || type === 'OldExtendedHeader') pax = Pax.parse(text(), pax, false);
    else if (type === 'GlobalExtendedHeader') globalPax = Pax.parse(text(), globalPax, true);
    else if (type === 'NextFileHasLongPath' || type === 'OldGnuLongPath') longName = text().replace(/\0.*/, '');
    else if (type !== 'NextFileHasLongLinkpath') {
      const name = longName ?? header.path ?? '';
      longName = undefined;
      pax = undefined;
      const wrong = wrongWith(name, type, size, content, end);
      if (wrong) findings.problem(where, `member ${JSON.stringify(name).slice(0, 200)} ${wrong}`);
      else if (files.has(type)) yield { name, offset: content, size };
      if (content + size > end) return;
    }
  }
}

/** Undefined where a field of the header is no number. */
function headerOf(bytes: Buffer, pax: Pax | undefined, globalPax: Pax | undefined): Header | undefined {
  try {
    return new Header(bytes, 0, pax, globalPax);
  } catch {
    return undefined;
  }
}

function wrongWith(name: string, type: string, size: number, content: number, end: number): string | undefined {
  if (/^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)/i.test(name)) return 'leads outside of the archive: ignored';
  if (type === 'Directory' || type === 'GNUDumpDir') return undefined;
  if (!files.has(type)) return `is no file but ${/Link/.test(type) ? 'a link' : type}: ignored`;
  return content + size > end ? `claims ${size} bytes, more than the archive has: it is cut short` : undefined;
}

type ReadAt = (at: number, length: number) => Buffer;

function readText(read: ReadAt, at: number, size: number, where: string): string {
  if (size <= mostHeaderBytes) return read(at, size).toString('utf8');
  throw new UnsmoothError('DATASET_INVALID', `${where}: an extended header of ${size} bytes at byte ${at}`);
}

/** Small reads through one window; shorter at the end of the file. */
function windowed(fd: number): ReadAt {
  const window = Buffer.alloc(windowBytes);
  let from = 0;
  let filled = 0;
  return (at, length) => {
    if (length > windowBytes) {
      const large = Buffer.alloc(length);
      return large.subarray(0, readSync(fd, large, 0, length, at));
    }
    if (at < from || at + length > from + filled) {
      from = at;
      filled = readSync(fd, window, 0, windowBytes, at);
    }
    return window.subarray(at - from, Math.min(at - from + length, filled));
  };
}

/** gzip, zstd, xz, bzip2. */
const isCompressed = (start: Buffer): boolean => /^(1f8b|28b52ffd|fd377a585a|425a68)/.test(start.toString('hex'));

/** All of a small member, for labels. Throws DATASET_INVALID. */
export function readMember(fd: number, { offset, size }: TarMember): Buffer {
  checkEncodedSize(size);
  const bytes = Buffer.alloc(size);
  return bytes.subarray(0, readSync(fd, bytes, 0, size, offset));
}
