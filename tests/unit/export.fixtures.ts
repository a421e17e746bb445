// What a refusal says.
import { expect } from 'vitest';
import { type ErrorCode, UnsmoothError } from '../../contract/errors.ts';

/** The error with that code that `work` throws. */
export function refusedWith(code: ErrorCode, work: () => unknown): UnsmoothError {
  try {
    work();
  } catch (e) {
    if (e instanceof UnsmoothError && e.code === code) return e;
    throw e;
  }
  return expect.fail('nothing was refused');
}
