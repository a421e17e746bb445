// The window's process: puts the services, the window and the ways between them together. Wiring only; what is decided, is decided
// in the files it names.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { app, type BrowserWindow, nativeTheme, powerMonitor, protocol, session, shell } from 'electron';
import type { AppApi } from '../contract/app-api.ts';
import { UnsmoothError } from '../contract/errors.ts';
import type { Settings } from '../contract/saved/settings.ts';
import { type AppServices, createAppServices } from '../main/app/index.ts';
import { cacheFolder } from '../main/engines/folders.ts';
import { workerNode } from '../main/engines/machine.ts';
import { libraryFolder } from '../main/runs/paths.ts';
import { Closing } from './closing.ts';
import { Failures, startProblem } from './failures.ts';
import { closeNetwork, guardSession } from './guard.ts';
import { answerCalls, sendEvent } from './ipc.ts';
import { windowLog } from './log.ts';
import { setMenu } from './menu.ts';
import { places } from './places.ts';
import { Previews } from './previews.ts';
import type { ProblemAction } from './problem-page.ts';
import { serve } from './protocol.ts';
import { scheme } from './scheme.ts';
import { shellPort } from './shell-port.ts';
import { loadPages, openWindow } from './window.ts';

const { library, cache } = folders();
const log = windowLog(library);
let window: BrowserWindow | null = null;
let services: AppServices | null = null;
const theWindow = () => window;
const failures = new Failures(log, theWindow);
const previews = new Previews();
const closing = new Closing({
  window: theWindow,
  busy: () => services?.busy() ?? [],
  interruptAll: async () => services?.interruptAll(),
  failed: (what, e) => log.write(what, e),
  leave,
});

app.setName('Unsmooth');
// Chromium's own files and the lock between two starts, one for each library.
app.setPath('userData', path.join(cache, 'window', createHash('sha256').update(library).digest('hex').slice(0, 16)));
closeNetwork();
protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
process.on('uncaughtException', (e) => failures.report('uncaught', e));
process.on('unhandledRejection', (e) => failures.report('unhandled', e));

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', focus);
  app.whenReady().then(start, (e: unknown) => {
    log.write('start', e);
    app.exit(1);
  });
} else {
  process.stderr.write('unsmooth: the window is open already and was brought to the front.\n');
  app.exit(0);
}

/** Ends the process where the user has no home folder: nothing could be kept. */
function folders(): { library: string; cache: string } {
  try {
    return { library: libraryFolder(), cache: cacheFolder() };
  } catch (e) {
    const { code, message, hint } = UnsmoothError.from(e);
    process.stderr.write(`unsmooth: [${code}] ${message}. ${hint}\n`);
    process.exit(2);
  }
}

function start(): void {
  // Pages keep how the user left their lists, and nothing else: no cache, no cookies.
  const own = session.fromPartition('persist:unsmooth', { cache: false });
  guardSession(own);
  own.protocol.handle(scheme, (request) =>
    serve(request, { pages: places.pages, previews, problem: (nonce) => failures.page(nonce) }),
  );
  setMenu((command) => sendEvent(window, 'menu', command));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (closing.left) app.exit(0);
      else void closing.begin(false);
    });
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    event?.preventDefault();
    void closing.begin(false);
  });
  app.on('before-quit', (event) => {
    if (closing.left) return;
    event.preventDefault();
    void closing.begin(true);
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => (window ? focus() : open(own)));
  open(own);
}

function open(own: Electron.Session): void {
  const opened = openWindow({ library, session: own, failures, log, action });
  window = opened;
  opened.on('close', (event) => {
    const stays = process.platform === 'darwin'; // there the program lives on without a window, and its trainings with it
    if (closing.left || stays) return;
    event.preventDefault();
    void closing.begin(true);
  });
  opened.on('closed', () => {
    window = null;
  });
  opened.on('session-end', () => void closing.begin(false));
  run();
}

/** Starts the services where they are not there yet, and shows the pages. */
function run(): void {
  if (!window) return;
  try {
    services ??= startServices();
  } catch (e) {
    failures.show(startProblem(e), e);
    return;
  }
  loadPages(window);
}

/** Throws FILE_IO where the library cannot be made, and what the services throw. */
function startServices(): AppServices {
  try {
    fs.mkdirSync(library, { recursive: true });
  } catch (e) {
    throw UnsmoothError.from(e);
  }
  const made = createAppServices({
    library,
    cache,
    resources: { recipes: places.recipes, licences: places.licences },
    shell: shellPort(theWindow, previews),
    emit: (event, data) => sendEvent(window, event, data),
    versions: {
      electron: process.versions.electron ?? '',
      chrome: process.versions.chrome ?? '',
      node: process.versions.node,
      'worker node': workerNode().version,
    },
  });
  answerCalls(withTheme(made.api), theWindow, (what, e) => log.write(what, e.cause ?? e));
  Promise.resolve(made.api['app.settings']({})).then(applyTheme, (e: unknown) => log.write('settings', e));
  Promise.resolve(made.start()).catch((e: unknown) => failures.report('services', e));
  return made;
}

const applyTheme = ({ theme }: Settings): void => {
  nativeTheme.themeSource = theme;
};

/** The services, whose settings also reach the native parts of the window. */
function withTheme(api: AppApi): AppApi {
  return {
    ...api,
    'app.setSettings': async (args) => {
      const settings = await api['app.setSettings'](args);
      applyTheme(settings);
      return settings;
    },
  };
}

/** Of a window that is gone, which a program that still trains can outlive, makes another one. */
function focus(): void {
  if (!window) {
    app.emit('activate');
    return;
  }
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

function action(name: ProblemAction): void {
  switch (name) {
    case 'reload':
      run();
      return;
    case 'log':
      void shell.openPath(log.folder);
      return;
    case 'quit':
      void closing.begin(false);
      return;
    default:
      name satisfies never;
  }
}

function leave(): void {
  window?.webContents.session.flushStorageData();
  Promise.resolve(services?.close())
    .catch((e: unknown) => log.write('services at the end', e))
    .finally(() => {
      window?.close(); // writes down where it was; nothing stands in its way now
      app.exit(0);
    });
}
