// A run folder as the product shows it: the folder's files, and what they leave unsaid (an owner that is dead, a file of a newer version).
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';
import {
  type CheckpointEntry,
  type Ended,
  liveStatuses,
  type Notes,
  notesFormat,
  ownerFormat,
  type Run,
  type RunStatus,
  runFormat,
} from '../../contract/saved/run.ts';
import { ownerIsAlive, type System } from '../../core/owner.ts';
import { findCheckpoints } from '../checkpoints/pairs.ts';
import { readJsonFile } from '../files/json-file.ts';
import { readEnded } from '../training/ended.ts';
import { system as realSystem } from './system.ts';

export type RunView =
  | {
      kind: 'run';
      id: string;
      dir: string;
      run: Run;
      notes: Notes | null;
      /** As it is now: `interrupted` where run.json says that it lives and its owner is dead. */
      status: RunStatus;
      /** Why it ended, in a sentence; empty where it ended well or lives. */
      reason: string;
      alive: boolean;
    }
  /** Written by a newer version: shown, never changed. */
  | { kind: 'newer'; id: string; dir: string; why: string }
  /** Cannot be read; `why` names the file and the field. */
  | { kind: 'broken'; id: string; dir: string; why: string };
export type ReadableRun = Extract<RunView, { kind: 'run' }>;

/** Reads the small files of a run folder; never throws for what is in them. */
export function viewRun(dir: string, system: System = realSystem): RunView {
  const id = path.basename(dir);
  try {
    const run = readJsonFile(runFormat, path.join(dir, 'run.json'));
    if (!run) return { kind: 'broken', id, dir, why: withoutRun(dir) };
    const notes = readJsonFile(notesFormat, path.join(dir, 'notes.json')) ?? null;
    const owner = readJsonFile(ownerFormat, path.join(dir, 'owner.json'));
    const alive = owner !== undefined && ownerIsAlive(owner, system);
    const orphaned = liveStatuses.includes(run.status) && !alive;
    return {
      kind: 'run',
      id,
      dir,
      run,
      notes,
      status: orphaned ? 'interrupted' : run.status,
      reason: orphaned ? diedBecause(readEnded(dir), owner?.attempt ?? run.attempts) : (run.error?.message ?? ''),
      alive: alive && liveStatuses.includes(run.status),
    };
  } catch (e) {
    const error = UnsmoothError.from(e);
    return { kind: error.code === 'FORMAT_NEWER' ? 'newer' : 'broken', id, dir, why: error.message };
  }
}

function diedBecause(ended: Ended | undefined, attempt: number): string {
  return ended?.attempt === attempt ? ended.reason : 'the process that trained it is gone';
}

function withoutRun(dir: string): string {
  if (!existsSync(dir) || !statSync(dir).isDirectory()) return `${dir}: no such folder`;
  const ended = readEnded(dir);
  if (ended) return `it never began: ${ended.reason}`;
  return `${dir}: no run.json${readdirSync(dir).length ? '' : '; a training that waits for its device, or never began'}`;
}

/** The checkpoints of a run, oldest first; of a lost or damaged index, what the files tell. Throws FORMAT_NEWER. */
export const checkpointsOf = (dir: string): CheckpointEntry[] => findCheckpoints(dir).checkpoints;
