// How the window's pages are built (into dist/renderer) and served. In mode `recorded` they bring a real run along and need no
// Electron: `npm run ui`.
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';
import vuetify from 'vite-plugin-vuetify';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => ({
  root: here('.'),
  base: './',
  publicDir: mode === 'recorded' ? here('public') : false,
  plugins: [vue(), vuetify({ autoImport: true })],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: here(mode === 'recorded' ? '../dist/ui' : '../dist/renderer'),
    emptyOutDir: true,
    target: 'chrome114',
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
  },
}));
