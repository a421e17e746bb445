// How tests run: in groups, forked processes because native libraries do not share one, two at a time because each engine
// uses every core. Tests against Python peers run only when their group is asked for (`--project peers`).
import vue from '@vitejs/plugin-vue';
import vuetify from 'vite-plugin-vuetify';
import { defineConfig } from 'vitest/config';
import { engineEnvironment } from './main/engines/environment.ts';

const group = (name: string, folders: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include: folders.map((f) => `tests/${f}/**/*.test.ts`), testTimeout, hookTimeout: testTimeout },
});

/** Real windows with real trainings behind them: one after the other, when nothing else runs any more. */
const windows = group('e2e', ['e2e'], 120_000);
const e2e = {
  ...windows,
  test: { ...windows.test, fileParallelism: false, maxWorkers: 1, sequence: { groupOrder: 1 } },
};

export default defineConfig({
  test: {
    pool: 'forks',
    env: engineEnvironment('cpu', null),
    maxWorkers: 2,
    server: { deps: { inline: ['vuetify'] } },
    globalSetup: ['build/bundle-for-tests.mjs'],
    projects: [
      {
        ...group('pure', ['unit', 'contract'], 20_000),
        // tests/unit/renderer mounts real components, in happy-dom where a file asks for it
        plugins: [vue(), vuetify({ autoImport: true })],
      },
      group('real', ['process', 'parity'], 60_000),
      e2e,
      group('peers', ['peers'], 600_000),
    ],
  },
});
