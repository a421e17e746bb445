// The window's entry: chooses the backend, hands it to the app, and shows why where that fails.
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import '@fontsource/inter/latin-600.css';
import '@fontsource/jetbrains-mono/latin-400.css';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { z } from 'zod';
import App from './app/App.vue';
import './app/base.css';
import { createAppRouter } from './app/router.ts';
import { syncStores } from './app/sync.ts';
import { createAppVuetify } from './app/vuetify.ts';
import { type Backend, backendKey } from './backend/backend.ts';
import { liveBackend } from './backend/live.ts';
import { useNotices } from './stores/notices.ts';

z.config({ jitless: true }); // the content policy forbids making functions from text

async function chooseBackend(): Promise<Backend> {
  if (window.unsmooth) return liveBackend(window.unsmooth);
  const { recordedBackend, recordedStates } = await import('./backend/recorded.ts');
  const asked = new URLSearchParams(location.search).get('state');
  return recordedBackend(
    new URL('./recorded/', document.baseURI),
    recordedStates.find((s) => s === asked),
  );
}

async function start(): Promise<void> {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;
  const backend = await chooseBackend();
  const pinia = createPinia();
  const app = createApp(App).provide(backendKey, backend).use(pinia);
  app.config.errorHandler = (e) => {
    console.error(e);
    useNotices(pinia).error(e);
  };
  window.addEventListener('unhandledrejection', (event) => useNotices(pinia).error(event.reason));
  const settings = await syncStores(backend, pinia);
  app.use(createAppVuetify(nonce, settings)).use(createAppRouter());
  app.mount('#app');
}

start().catch((e: unknown) => {
  console.error(e);
  const root = document.getElementById('app');
  if (!root) return;
  root.setAttribute('role', 'alert');
  root.textContent = `The window could not start: ${e instanceof Error ? e.message : String(e)}`;
});
