// How tests run: three groups, forked processes because native libraries do not share one, two at a time because each engine
// uses every core. Tests against Python peers run only when their group is asked for (`--project peers`).
import { defineConfig } from 'vitest/config';
import { engineEnvironment } from './main/engines/environment.ts';

const group = (name: string, folders: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include: folders.map((f) => `tests/${f}/**/*.test.ts`), testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  test: {
    pool: 'forks',
    env: engineEnvironment('cpu', null),
    maxWorkers: 2,
    globalSetup: ['build/bundle-for-tests.mjs'],
    projects: [
      group('pure', ['unit', 'contract'], 20_000),
      group('real', ['process', 'parity'], 60_000),
      group('peers', ['peers'], 600_000),
    ],
  },
});
