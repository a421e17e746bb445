// Engines as the rest of the product sees them.

export { type Chosen, chooseEngine } from './choose.ts';
export {
  type EngineName,
  type EngineStatus,
  engineNamed,
  engineNames,
  engineStatus,
  installEngine,
  listEngines,
  removeEngine,
} from './engines.ts';
export { cacheFolder, engineFolder, prebuiltBinding } from './folders.ts';
export { type Installed, type InstallOptions, installPlan } from './install.ts';
export { nvidiaDriver, pipCommand, programOnPath, type WorkerNode, workerNode } from './machine.ts';
export type { EnginePlan, Wheel } from './plans.ts';
export { type EngineProgress, formatBytes, type OnProgress, progressLines } from './progress.ts';
export { verifyEngine } from './verify.ts';
