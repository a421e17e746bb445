// `npm run ui`: the window's pages in a plain browser, on a recorded library. Arguments go to Vite.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { cleanEnv, root } from './paths.mjs';
import { runSetup } from './setup.mjs';

await runSetup({ engine: false });
const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const config = path.join(root, 'renderer', 'vite.config.ts');
const args = [vite, '--config', config, '--mode', 'recorded', ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: root, env: cleanEnv(), stdio: 'inherit' });
process.on('SIGINT', () => {});
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
