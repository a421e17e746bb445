// A Python process that is asked by a line of JSON and answers by one.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { UnsmoothError } from '../../contract/errors.ts';

export class LinePeer<T extends z.ZodType> {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #answer: T;

  constructor(python: string, script: string, env: Readonly<Record<string, string>>, answer: T) {
    this.#answer = answer;
    this.#process = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    this.#process.on('error', () => undefined); // the missing answer tells
    this.#process.stdin.on('error', () => undefined); // likewise
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Throws PEER_MISSING with what went wrong on the other side. */
  async ask(question: object): Promise<z.infer<T>> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await this.#lines.next();
    const said: unknown = line.done ? { error: 'the process ended' } : JSON.parse(line.value);
    const failed = z.object({ error: z.string() }).safeParse(said);
    const parsed = this.#answer.safeParse(said);
    if (!failed.success && parsed.success) return parsed.data;
    throw new UnsmoothError(
      'PEER_MISSING',
      `the Python process did not answer: ${failed.data?.error ?? 'another answer than expected'}`,
      'Give --python a Python with torch and timm.',
    );
  }

  close(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }
}
