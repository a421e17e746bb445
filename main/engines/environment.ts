// The environment of a process that computes on a chosen engine. Native libraries read it once, when they load, so it is set at
// spawn: the thread count is part of a run's bits.
import type { EngineSelection } from '../../contract/worker-api.ts';
import { engineEnvironment } from './verify.ts';

export function workerEnvironment(engine: EngineSelection): Record<string, string> {
  const threads = String(engine.threads);
  return {
    ...(engine.dir === null ? {} : engineEnvironment(engine.name, engine.dir)),
    TF_CPP_MIN_LOG_LEVEL: '3',
    TF_NUM_INTRAOP_THREADS: threads,
    TF_NUM_INTEROP_THREADS: threads,
    OMP_NUM_THREADS: threads,
  };
}
