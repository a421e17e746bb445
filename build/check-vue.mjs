// Type-checks renderer/, templates included. vue-tsc drives a TypeScript written in JavaScript, which the compiler of the rest is not.
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './paths.mjs';

const require = createRequire(import.meta.url);
process.argv = [...process.argv.slice(0, 2), '-p', path.join(root, 'renderer')];
require('vue-tsc').run(require.resolve('typescript-for-vue/lib/tsc'));
