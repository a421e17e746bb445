// Vitest's global set-up: tests that start processes run the bundles, which must be as new as the sources.
import { bundle } from './bundle.mjs';
import { makePages } from './pages.mjs';

const say = (line) => process.stderr.write(`${line}\n`);

/** A bundle that cannot be made is said; the tests that need none still run, those that need it fail. */
export async function setup() {
  if (globalThis.unsmoothBundled) return; // vitest calls it once for each group
  globalThis.unsmoothBundled = true;
  for (const make of [bundle, makePages])
    try {
      await make({ say });
    } catch (e) {
      say(`bundle: failed, older bundles are in use\n${e.message}`);
    }
}
