// What pages of this program may not do, whatever they hold: leave it, open windows, ask for permissions, reach a network.
import { app, type Session, type WebContents } from 'electron';
import { previewHost, scheme } from './scheme.ts';

/** Before the program is ready: Chromium itself resolves no name and fetches nothing in the background. */
export function closeNetwork(): void {
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  for (const name of [
    'disable-background-networking',
    'disable-component-update',
    'disable-domain-reliability',
    'no-pings',
  ])
    app.commandLine.appendSwitch(name);
}

const ours = new Set([`${scheme}:`, 'data:', 'blob:', 'devtools:']);

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((request, answer) => answer({ cancel: !ours.has(new URL(request.url).protocol) }));
  session.on('will-download', (event) => event.preventDefault());
}

/** `asked`: a navigation that a page wants; it never happens, but may mean something. */
export function guardContents(contents: WebContents, asked: (url: string) => void): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('will-navigate', (event, url) => {
    event.preventDefault();
    asked(url);
  });
  contents.on('will-frame-navigate', (event) => {
    const { protocol, host } = new URL(event.url);
    if (!event.isMainFrame && !(protocol === `${scheme}:` && host === previewHost)) event.preventDefault();
  });
}
