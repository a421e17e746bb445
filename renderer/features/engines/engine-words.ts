// What the engines are, in words, and which of their actions make sense now.
import { mdiAlertOctagonOutline, mdiCheckCircleOutline, mdiDownloadOutline, mdiMinusCircleOutline } from '@mdi/js';
import type { EngineRow } from '../../../contract/app/engines.ts';
import { formatBytes } from '../../ui/bytes.ts';

export const engineTitles: Readonly<Record<EngineRow['name'], { title: string; what: string }>> = {
  cuda: { title: 'CUDA', what: 'TensorFlow on an NVIDIA GPU; the step compiled by XLA.' },
  cpu: { title: 'CPU', what: 'TensorFlow on the processor, every core; the step compiled by XLA.' },
  webgpu: { title: 'WebGPU', what: 'Any GPU with Vulkan, Metal or Direct3D 12, through Dawn.' },
  wasm: { title: 'wasm', what: 'Ships with the program and works anywhere; for small models.' },
};

export const stateLooks: Readonly<Record<EngineRow['state'], { icon: string; colour: string; word: string }>> = {
  installed: { icon: mdiCheckCircleOutline, colour: 'success', word: 'installed' },
  missing: { icon: mdiDownloadOutline, colour: 'secondary', word: 'not installed' },
  broken: { icon: mdiAlertOctagonOutline, colour: 'error', word: 'broken' },
  unavailable: { icon: mdiMinusCircleOutline, colour: 'secondary', word: 'not for this machine' },
};

export interface EngineActions {
  install: boolean;
  /** Installing again is how a broken one is mended. */
  mend: boolean;
  remove: boolean;
  measure: boolean;
}

/** An engine without a folder ships with the program: there is nothing to remove. */
export function actionsOf({ state, folder }: EngineRow): EngineActions {
  return {
    install: state === 'missing',
    mend: state === 'broken',
    remove: (state === 'installed' || state === 'broken') && folder !== null,
    measure: state === 'installed',
  };
}

/** Said before anything is fetched. */
export function installWords({ fetchBytes, bytes }: EngineRow): string {
  const fetches = fetchBytes > 0 ? `Fetches ${formatBytes(fetchBytes)}` : 'Fetches what it needs';
  return `${fetches} over the network and takes ${formatBytes(bytes)} on disk. Every file is checked against its known hash.`;
}
