// Loads an engine in a plain Node of its own, as a worker would, and says what it found. Never loads it in this process.
import { UnsmoothError } from '../../contract/errors.ts';
import { engineEnvironment } from './environment.ts';
import { bindingOf } from './folders.ts';
import { nvidiaDriver, workerNode } from './machine.ts';
import { runProgram } from './program.ts';

export interface Verified {
  /** What the library calls itself. */
  version: string;
  /** True when it computes on a GPU. */
  gpu: boolean;
  /** For the CUDA engine without a GPU: one sentence about what is missing. */
  note: string;
}

const script = `const b = require(process.argv[1]);
process.stdout.write('\\n@' + JSON.stringify({ version: b.TF_Version, gpu: b.isUsingGpuDevice() }));`;

/** Throws ENGINE_FAILED when the binding does not load. */
export async function verifyEngine(name: string, folder: string, signal?: AbortSignal): Promise<Verified> {
  const { code, stdout, stderr } = await runProgram(workerNode().path, ['-e', script, bindingOf(folder)], {
    env: { ...process.env, ...engineEnvironment(name, folder) },
    signal,
  });
  const answer = stdout.split('\n@').at(-1);
  if (code !== 0 || !answer) {
    const reason = stderr.split('\n').find((l) => /error|cannot|undefined/i.test(l)) ?? `exit code ${code}`;
    throw new UnsmoothError('ENGINE_FAILED', `The ${name} engine does not load: ${reason.trim()}`, 'Install it again.');
  }
  const { version, gpu } = JSON.parse(answer) as { version: string; gpu: boolean };
  return { version, gpu, note: name === 'cuda' && !gpu ? missingForCuda(stderr) : '' };
}

/** One sentence: why the CUDA engine computes on the CPU. */
export function missingForCuda(log = ''): string {
  const driver = nvidiaDriver();
  if (!driver) return 'No NVIDIA driver was found on this machine, so the CUDA engine computes on the CPU.';
  const reason = log.split('\n').find((l) => /cuda|gpu|cudnn/i.test(l));
  return `An NVIDIA driver (${driver}) is there but TensorFlow sees no GPU, so the CUDA engine computes on the CPU${reason ? `: ${reason.trim()}` : '.'}`;
}
