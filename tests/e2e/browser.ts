// Opens an address in a plain browser, and serves the pages of the recorded window to it.
import path from 'node:path';
import { build, type PreviewServer, preview } from 'vite';
import type { Display } from './display.ts';
import { type OpenWindow, openApp } from './electron.ts';

const config = path.join(import.meta.dirname, '..', '..', 'renderer', 'vite.config.ts');
const entry = path.join(import.meta.dirname, 'browser.cjs');

export interface BrowserOptions {
  display: Display;
  /** Folder for the runtime's own files. */
  profile: string;
  width?: number;
  height?: number;
}

/** `file:` and this machine's pages only: every other request is refused, and named in `output()`. */
export function openBrowser(
  address: string,
  { display, profile, width = 1440, height = 900 }: BrowserOptions,
): Promise<OpenWindow> {
  const args = [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    `--user-data-dir=${profile}`,
    entry,
    address,
    String(width),
    String(height),
  ];
  return openApp({ library: profile, display, args });
}

/** The recorded window's pages, built and served on a free port. */
export async function servePages(): Promise<{ url: string; close(): Promise<void> }> {
  await build({ configFile: config, mode: 'recorded', logLevel: 'error' });
  const server: PreviewServer = await preview({
    configFile: config,
    mode: 'recorded',
    logLevel: 'error',
    preview: { port: 0, host: '127.0.0.1' },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the pages are not served on a port');
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}
