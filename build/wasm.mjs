// Assembles native-worker/data/resample.wat into resample-code.ts beside it. The result is committed: who builds needs no assembler,
// and a test assembles again and compares.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

const source = path.join(root, 'native-worker', 'data', 'resample.wat');
const target = path.join(root, 'native-worker', 'data', 'resample-code.ts');

/** The text of resample-code.ts. Rejects with the assembler's message. */
export async function assembled() {
  const { default: wabt } = await import('wabt');
  const { parseWat } = await wabt();
  const module = parseWat('resample.wat', fs.readFileSync(source, 'utf8'), { simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,110}/g);
  return [
    '// resample.wat, assembled by build/wasm.mjs. Not to be edited.',
    'export const code =',
    lines.map((line) => `  '${line}'`).join(' +\n'),
  ]
    .join('\n')
    .concat(';\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  fs.writeFileSync(target, await assembled());
