// Engines as the window sees them: what computes, how fast, what is missing and how to get it.
import { z } from 'zod';
import { call } from './call.ts';

export const engineNameSchema = z.enum(['cuda', 'cpu', 'webgpu', 'wasm']);

export interface EngineRow {
  name: z.infer<typeof engineNameSchema>;
  state: 'installed' | 'missing' | 'broken' | 'unavailable';
  version: string;
  /** Bytes on disk: taken when installed, else what it will take. */
  bytes: number;
  /** Bytes to fetch for an installation. */
  fetchBytes: number;
  folder: string | null;
  /** The GPU found when it was installed, or null. */
  device: string | null;
  /** Why it is broken or cannot be had here; empty otherwise. */
  why: string;
  /** What to do outside the window to get it; empty when installed, and where `engines.install` does it. */
  get: string;
  /** The one that `engine: auto` means now. */
  chosen: boolean;
  /** null where it was never measured on this machine. */
  speed: EngineSpeed | null;
}

export interface EngineSpeed {
  /** A training step of the example's model, batch 64. */
  images_per_s: number;
  gflops: number;
  threads: number;
  /** ISO time. */
  at: string;
}

/** One line of the doctor. */
export interface Finding {
  name: string;
  ok: boolean;
  found: string;
  /** What to do; empty where all is well. */
  fix: string;
}

const task = z.string().min(1).max(100);
const one = z.strictObject({ name: engineNameSchema, task });

export const engineCalls = {
  'engines.list': call(z.strictObject({})).returns<EngineRow[]>(),
  'engines.doctor': call(z.strictObject({})).returns<Finding[]>(),
  'engines.install': call(one).returns<EngineRow>(),
  'engines.remove': call(z.strictObject({ name: engineNameSchema })).returns<EngineRow>(),
  /** Trains a few steps of the example's model and keeps the speed. */
  'engines.measure': call(one).returns<EngineRow>(),
} as const;
