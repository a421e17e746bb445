// `npm start`: sets up what is missing, then opens the window; without a display it trains the example in the terminal, on the best
// engine that could be had.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { becomeUnsmooth } from './become.mjs';
import { cleanEnv, root, say } from './paths.mjs';
import { sandboxArgs } from './sandbox.mjs';
import { runSetup } from './setup.mjs';

const hasDisplay = process.platform !== 'linux' || Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY);

/** The window in the foreground; its exit code. A signal reaches it too, and it saves what trains before it ends. */
function openWindow(runtime) {
  const program = path.join(root, 'dist', 'electron-main.cjs');
  const child = spawn(runtime.executable, [...sandboxArgs(), program], { env: cleanEnv(), stdio: 'inherit' });
  process.on('SIGINT', () => {}); // the terminal tells the window itself
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (e) => {
      say(`unsmooth: ${runtime.executable} does not start: ${e.message}`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

async function trainExample({ cpu, why }) {
  const recipe = cpu ? 'recipes/example.yaml' : 'recipes/example-wasm.yaml';
  if (!cpu) say(`Training the small example on the wasm engine, since the CPU engine is missing. ${why}`);
  await becomeUnsmooth(['train', recipe, ...process.argv.slice(2)]);
}

const ready = await runSetup({ engine: true, window: hasDisplay ? 'use' : undefined });
if (ready.window.runtime) {
  process.exitCode = await openWindow(ready.window.runtime);
} else {
  const no = hasDisplay
    ? ready.window.why
    : 'There is no display for the window (DISPLAY and WAYLAND_DISPLAY are not set).';
  say(`${no} Training the example here instead.`);
  await trainExample(ready);
}
