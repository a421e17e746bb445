// One writer a run folder: owner.json says who, a claim file decides between two that would take over at once.
import { constants, copyFileSync, linkSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import { type Owner, ownerFormat } from '../../contract/saved/run.ts';
import { identifyProcess, ownerIsAlive } from '../../core/owner.ts';
import { temporarySuffix } from '../checkpoint/atomic-file.ts';
import { readJson, replaceJson, toJson } from './json-file.ts';
import { nodeSystem } from './system.ts';

export interface Ownership {
  readonly owner: Owner;
  /** Throws RUN_ALIVE where a later attempt has taken the folder over. Costs one stat. */
  assert(): void;
  /** Gives the folder up; does nothing where it is another's by now. */
  release(): void;
}

const ownerFile = (dir: string) => join(dir, 'owner.json');
const claimName = (attempt: number) => `owner.${attempt}.claim`;

/**
 * Makes this process the owner of `dir`, as attempt `after` + 1 or later.
 * Throws RUN_ALIVE where a living process owns it, FORMAT_NEWER, FILE_IO or DISK_FULL.
 */
export function takeOwnership(dir: string, after: number): Ownership {
  const path = ownerFile(dir);
  const before = refuseLiving(dir);
  const me = identifyProcess(process.pid, nodeSystem);
  if (!me) throw new UnsmoothError('INTERNAL', `process ${process.pid} does not find itself`);
  for (let attempt = Math.max(after, before?.attempt ?? 0) + 1; ; attempt++) {
    const owner: Owner = { version: 1, ...me, attempt };
    const claim = join(dir, claimName(attempt));
    if (!createWhole(claim, toJson(owner))) {
      const rival = readClaim(claim);
      if (rival && ownerIsAlive(rival, nodeSystem)) throw alive(dir, rival);
      continue; // its claimer died between claim and owner.json
    }
    try {
      refuseLiving(dir);
      replaceJson(path, owner);
    } catch (e) {
      rmSync(claim, { force: true });
      throw e;
    }
    for (const name of readdirSync(dir)) {
      const old = /^owner\.(\d+)\.claim$/.exec(name)?.[1];
      if (old && Number(old) <= attempt) rmSync(join(dir, name), { force: true });
    }
    return held(dir, owner);
  }
}

function held(dir: string, owner: Owner): Ownership {
  const path = ownerFile(dir);
  const stamp = () => {
    const s = statSync(path, { bigint: true, throwIfNoEntry: false });
    return s && `${s.ino} ${s.mtimeNs} ${s.size}`;
  };
  const written = stamp();
  const isMine = () => written !== undefined && stamp() === written;
  return {
    owner,
    assert() {
      if (isMine()) return;
      throw new UnsmoothError(
        'RUN_ALIVE',
        `${dir}: another process has taken this run over (this was attempt ${owner.attempt})`,
        'It goes on there.',
      );
    },
    release() {
      if (isMine()) rmSync(path);
    },
  };
}

function refuseLiving(dir: string): Owner | undefined {
  const owner = readJson(ownerFormat, ownerFile(dir));
  if (owner && ownerIsAlive(owner, nodeSystem)) throw alive(dir, owner);
  return owner;
}

function alive(dir: string, owner: Owner): UnsmoothError {
  const here = owner.host === nodeSystem.host;
  return new UnsmoothError(
    'RUN_ALIVE',
    `${dir}: process ${owner.pid}${here ? '' : ` on ${owner.host}`} is running it`,
    here ? 'Stop it first.' : 'Stop it there; if that machine will not come back, remove owner.json from the folder.',
  );
}

function readClaim(path: string): Owner | undefined {
  try {
    return readJson(ownerFormat, path);
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === 'INPUT_INVALID') return undefined; // torn by a kill or a power cut
    throw e;
  }
}

/** Creates `path` with its whole content at once; false where it exists already. */
function createWhole(path: string, content: string): boolean {
  const temporary = `${path}.${process.pid}${temporarySuffix}`;
  try {
    writeFileSync(temporary, content);
    linkOrCopy(temporary, path);
    return true;
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'EEXIST') return false;
    throw UnsmoothError.from(e);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** A link appears whole; where the file system has none (exFAT), an exclusive copy must do. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (e) {
    if (!(e instanceof Error && 'code' in e && ['EPERM', 'ENOTSUP', 'ENOSYS'].includes(String(e.code)))) throw e;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}
