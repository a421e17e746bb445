// Vitest's global set-up: tests that start processes run the bundles, which must be as new as the sources.
import { bundle } from './bundle.mjs';

export async function setup() {
  await bundle({ say: (line) => process.stderr.write(`${line}\n`) });
}
