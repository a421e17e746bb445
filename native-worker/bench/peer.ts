// The PyTorch process that bench runs beside the engine: one JSON line asked, one answered.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';
import type { BenchShape } from './shapes.ts';

const answer = z.union([
  z.object({
    step_ms: z.array(z.number()).min(1),
    loss: z.array(z.number()),
    rss_import_kb: z.number(),
    rss_peak_kb: z.number(),
    threads: z.int(),
    versions: z.record(z.string(), z.string()),
  }),
  z.object({ error: z.string() }),
]);
export type PeerAnswer = Exclude<z.infer<typeof answer>, { error: string }>;
export type PeerMode = 'eager' | 'compile' | 'autocast';

export class Peer {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  /** Starts `python` with the script; the environment carries the number of threads. */
  constructor(python: string, script: string, threads: number) {
    const env = {
      ...process.env,
      OMP_NUM_THREADS: String(threads),
      MKL_NUM_THREADS: String(threads),
      OMP_WAIT_POLICY: 'passive',
    };
    this.#process = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'], env });
    this.#process.on('error', () => undefined); // the missing answer tells
    this.#process.stdin.on('error', () => undefined); // likewise
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Runs steps of the shape. Throws PEER_MISSING where Python, torch or timm cannot be used. */
  async steps(shape: BenchShape, mode: PeerMode, losses: boolean, steps: number, warmup: number): Promise<PeerAnswer> {
    this.#process.stdin.write(`${JSON.stringify({ shape, steps, warmup, mode, losses })}\n`);
    const line = await this.#lines.next();
    const parsed = answer.safeParse(line.done ? { error: 'the process ended' } : JSON.parse(line.value));
    if (!parsed.success)
      throw new UnsmoothError(
        'PEER_MISSING',
        'PyTorch answered something else than expected',
        'Use the script that came with this version.',
      );
    if ('error' in parsed.data)
      throw new UnsmoothError(
        'PEER_MISSING',
        `PyTorch did not run: ${parsed.data.error}`,
        'Give --python a Python with torch and timm.',
      );
    return parsed.data;
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}
