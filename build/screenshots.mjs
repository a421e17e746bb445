// `npm run screenshots [LIBRARY]`: README's pictures, taken from the real window on real runs: the example with the three losses, and
// without them. In a library that does not hold both yet they are trained first (about ten minutes).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cleanEnv, root, say } from './paths.mjs';
import { runSetup } from './setup.mjs';

await runSetup({ engine: true, window: 'test' });
const { openDisplay } = await import('../tests/e2e/display.ts');
const { openApp } = await import('../tests/e2e/electron.ts');

const temporary = process.argv[2] === undefined;
const library = temporary
  ? fs.mkdtempSync(path.join(os.tmpdir(), 'unsmooth-pictures-'))
  : path.resolve(process.argv[2]);
const out = path.join(root, 'docs', 'images');
const runs = path.join(library, 'runs');
const idOf = (name) =>
  fs.existsSync(runs) ? fs.readdirSync(runs).find((id) => id.replace(/^\d{8}-\d{6}-/, '') === name) : undefined;

function train(recipe) {
  const args = [path.join(root, 'dist', 'cli.cjs'), 'train', path.join(root, 'recipes', recipe)];
  const env = cleanEnv({ UNSMOOTH_LIBRARY: library });
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) =>
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`training ${recipe} ended with ${code}`)))),
  );
}
for (const name of ['example', 'example-plain']) if (idOf(name) === undefined) await train(`${name}.yaml`);
const [on, off] = [idOf('example'), idOf('example-plain')];

const display = await openDisplay({ own: true });
const { app, page, end } = await openApp({ library, display });
try {
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].setContentSize(1440, 900));
  const take = async (name, hash, theme) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await page.evaluate((h) => {
      location.hash = h;
    }, hash);
    await page.locator('h1').first().waitFor();
    await page.waitForTimeout(2500);
    await page.screenshot({ path: path.join(out, `${name}.png`), animations: 'disabled' });
    say(`docs/images/${name}.png`);
  };
  fs.mkdirSync(out, { recursive: true });
  await take('run', `/runs/${on}`, 'light');
  await take('run-dark', `/runs/${on}`, 'dark');
  await take('compare', `/compare?runs=${on},${off}`, 'light');
} finally {
  await end();
  await display.end();
  if (temporary) fs.rmSync(library, { recursive: true });
}
