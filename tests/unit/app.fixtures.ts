// The window's services on a library of its own, with a shell that writes down what it is asked. Shared by their tests.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppEvents, EventName } from '../../contract/app-api.ts';
import { type ErrorCode, UnsmoothError } from '../../contract/errors.ts';
import type { RunStatus } from '../../contract/saved/run.ts';
import { type AppServices, createAppServices, type ShellPort } from '../../main/app/index.ts';
import { RunFolder } from '../../native-worker/run-folder/run-folder.ts';
import { tinyCheckpoint, tinyRun } from './run-folder.fixtures.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

type Told = { [E in EventName]: AppEvents[E][] };

export interface Session {
  services: AppServices;
  api: AppServices['api'];
  told: Told;
  /** What the shell was asked: `open /a/b`, `trash /a/b`, … */
  asked: string[];
  library: string;
}

export interface Options {
  library?: string;
  cache?: string;
  undoMs?: number;
  shell?: Partial<ShellPort>;
}

const folders: string[] = [];
const open: AppServices[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'app-'));
  folders.push(folder);
  return folder;
}

export function session({ library = temporaryFolder(), cache, undoMs = 60_000, shell = {} }: Options = {}): Session {
  const told: Told = { runs: [], trainings: [], series: [], task: [], menu: [], problem: [] };
  const asked: string[] = [];
  const plain: ShellPort = {
    chooseFolder: async () => null,
    chooseFile: async () => null,
    chooseSave: async (name) => path.join(library, name),
    openFolder: async (dir) => void asked.push(`open ${dir}`),
    showItem: async (file) => void asked.push(`show ${file}`),
    async trash(file) {
      asked.push(`trash ${file}`);
      rmSync(file, { recursive: true });
    },
    previewUrl(text, kind) {
      asked.push(text);
      return `preview:${kind}`;
    },
  };
  const services = createAppServices({
    library,
    cache: cache ?? path.join(library, 'cache'),
    resources: { recipes: path.join(root, 'recipes') },
    versions: { node: process.versions.node },
    shell: { ...plain, ...shell },
    emit: (event, data) => void (told[event] as (typeof data)[]).push(data),
    worker: { script: path.join(root, 'dist', 'worker.cjs') },
    undoMs,
  });
  open.push(services);
  return { services, api: services.api, told, asked, library };
}

/** To be called after each test. */
export async function closeSessions(): Promise<void> {
  for (const services of open.splice(0)) {
    await services.interruptAll();
    await services.close();
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A run with a metrics line and a probe every step and a checkpoint at the given steps. Alive until `close` of what is returned. */
export function openRun(library: string, id: string, steps = 3, checkpoints: readonly number[] = []): RunFolder {
  const dir = path.join(library, 'runs', id);
  const run = { ...tinyRun(), id, times: { ...tinyRun().times, created: '2026-01-01T00:00:00Z' } };
  const folder = RunFolder.create(dir, run, 'version: 1\n');
  for (let step = 1; step <= steps; step++) {
    folder.appendMetrics({ step, epoch: step / 10, wall: step, 'train/loss': 3 - step / 10, 'val/top1': step });
    folder.appendLayers({
      step,
      epoch: step / 10,
      probe: { split: 'val', images: 4 },
      tap: 'norm',
      tokens: 'patches',
      metrics: { cos_abs: [0.9, step / 100] },
      spread: {},
    });
    if (checkpoints.includes(step)) folder.saveCheckpoint(tinyCheckpoint(step, { 'val/top1': step % 4 }, { keep: 9 }));
  }
  return folder;
}

export function closeRun(folder: RunFolder, status: RunStatus = 'done'): void {
  folder.updateRun({ status });
  folder.close();
}

export const makeRun = (library: string, id: string, steps = 3, checkpoints: readonly number[] = []): void =>
  closeRun(openRun(library, id, steps, checkpoints));

export async function codeOf(work: () => unknown): Promise<ErrorCode | 'nothing thrown'> {
  try {
    await work();
    return 'nothing thrown';
  } catch (e) {
    return UnsmoothError.from(e).code;
  }
}

export async function until(what: () => unknown): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

export const there = (...parts: string[]): boolean => existsSync(path.join(...parts));
