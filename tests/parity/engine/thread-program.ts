// Run as a process of its own, bundled: a worker thread trains on the engines that are its arguments, and its main thread prints what it said.
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { UnsmoothError } from '../../../contract/errors.ts';
import { createExecutor, type EngineName, trace } from '../../../native-worker/engine/index.ts';
import { tf } from '../../../native-worker/engine/tfjs.ts';

const w = { shape: [4], dtype: 'float32' } as const;

/** One step of gradient descent on |w - 1|². */
const train = trace('train', { w }, { lr: { shape: [], dtype: 'float32' } }, (v, i) => {
  const { value, grad } = tf.valueAndGrad((x) => tf.squaredDifference(x, 1).sum())(v.w!);
  return { outputs: { loss: value }, assigns: { w: v.w!.sub(grad.mul(i.lr!)) } };
});

function refusal(): string {
  try {
    trace('refused', { w }, {}, (v) => ({ outputs: { y: tf.asinh(v.w!) } }));
  } catch (e) {
    if (e instanceof UnsmoothError) return e.message;
    throw e;
  }
  return 'nothing was refused';
}

async function losses(engine: EngineName): Promise<number[]> {
  const executor = await createExecutor({ calls: [{ name: 'train', fn: train }] }, { engine });
  await executor.put({ w: new Float32Array(4) });
  const seen: number[] = [];
  for (let t = 0; t < 3; t++) seen.push((await executor.call('train', { lr: Float32Array.of(0.25) })).loss![0]!);
  executor.dispose();
  return seen;
}

async function inThread(): Promise<void> {
  const said: Record<string, string | number[]> = { refusal: refusal() };
  for (const engine of process.argv.slice(2)) said[engine] = await losses(engine as EngineName);
  parentPort!.postMessage(said);
}

if (isMainThread) {
  const thread = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2) });
  thread.on('message', (said) => process.stdout.write(JSON.stringify(said), () => process.exit(0)));
  thread.on('error', (e) => {
    process.stderr.write(`${e}\n`);
    process.exitCode = 1;
  });
} else void inThread();
