// The window: how it is made, what it remembers, what it does when its pages fail. It knows no service.
import { BrowserWindow, dialog, nativeTheme, type Rectangle, type Session, screen } from 'electron';
import type { SavedWindow } from '../contract/saved/window.ts';
import type { Failures } from './failures.ts';
import { guardContents } from './guard.ts';
import type { WindowLog } from './log.ts';
import { places } from './places.ts';
import { actionOf, type ProblemAction } from './problem-page.ts';
import { problemPage, startPage } from './scheme.ts';
import { least, placeOn, readWindow, writeWindow } from './window-state.ts';

const saveAfterMs = 500;
/** Chromium's code of a load that another one replaced. */
const aborted = -3;

/** As the pages' own background, so that nothing flashes before they are drawn. */
const background = (): string => (nativeTheme.shouldUseDarkColors ? '#15171a' : '#f6f7f8');

export interface WindowParts {
  library: string;
  session: Session;
  failures: Failures;
  log: WindowLog;
  /** A button of the problem page. */
  action(name: ProblemAction): void;
}

/** Shown as soon as its first page is drawn. */
export function openWindow({ library, session, failures, log, action }: WindowParts): BrowserWindow {
  const saved = readWindow(library, (e) => log.write('window.json is not used', e));
  const { id } = screen.getPrimaryDisplay();
  const displays = screen.getAllDisplays().sort((a, b) => Number(b.id === id) - Number(a.id === id));
  const areas = displays.map((d) => d.workArea);
  const bounds = placeOn(areas, saved);
  const window = new BrowserWindow({
    ...bounds,
    minWidth: Math.min(least.width, bounds.width),
    minHeight: Math.min(least.height, bounds.height),
    show: false,
    title: 'Unsmooth',
    icon: places.icon,
    backgroundColor: background(),
    webPreferences: {
      preload: places.preload,
      session,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      spellcheck: false,
      navigateOnDragDrop: false,
    },
  });
  window.once('ready-to-show', () => {
    if (saved?.maximised) window.maximize();
    window.show();
  });
  remember(window, library, saved, log);
  watch(window, failures, log);
  guardContents(window.webContents, (url) => {
    const name = window.webContents.getURL() === problemPage ? actionOf(url) : null;
    if (name) action(name);
  });
  const recolour = () => window.setBackgroundColor(background());
  nativeTheme.on('updated', recolour);
  window.once('closed', () => nativeTheme.off('updated', recolour));
  return window;
}

/** Shows the pages. A load that fails is told by the window's own events. */
export function loadPages(window: BrowserWindow): void {
  window.loadURL(startPage).catch(() => {});
}

function remember(window: BrowserWindow, library: string, saved: SavedWindow | undefined, log: WindowLog): void {
  const { webContents } = window;
  webContents.on('did-finish-load', () => webContents.setZoomLevel(zoom));
  let zoom = saved?.zoom ?? 0;
  let timer: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(timer);
    const { x, y, width, height }: Rectangle = window.getNormalBounds();
    if (!webContents.isCrashed()) zoom = webContents.getZoomLevel();
    try {
      writeWindow(library, { version: 1, x, y, width, height, maximised: window.isMaximized(), zoom });
    } catch (e) {
      log.write('window.json', e);
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(write, saveAfterMs);
  };
  window.on('resize', later).on('move', later).on('maximize', later).on('unmaximize', later);
  window.on('close', write);
  window.once('closed', () => clearTimeout(timer));
}

function watch(window: BrowserWindow, failures: Failures, log: WindowLog): void {
  const { webContents } = window;
  webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    failures.show({
      title: 'The window’s page ended',
      message: `Its process is gone: ${reason}, exit code ${exitCode}.`,
      hint: 'Trainings go on: they run in processes of their own. Reload to go on here.',
    });
  });
  webContents.on('did-fail-load', (_event, code, description, url, isMainFrame) => {
    if (!isMainFrame || code === aborted || url === problemPage) return;
    failures.show({
      title: 'The window’s page could not be loaded',
      message: `${url}: ${description} (${code}).`,
      hint: 'Run the set-up again if this stays after a reload.',
    });
  });
  webContents.on('preload-error', (_event, file, error) => log.write(`preload ${file}`, error));
  webContents.on('console-message', (event, level, message, line, source) => {
    const severe = event.level === 'error' || Number(level) === 3;
    if (severe)
      log.write(`page: ${event.message ?? message} (${event.sourceId ?? source}:${event.lineNumber ?? line})`);
  });
  window.on('unresponsive', () => void askToWait(window));
}

/** Asks whether to wait; the question goes when the page answers again. */
async function askToWait(window: BrowserWindow): Promise<void> {
  const answered = new AbortController();
  window.once('responsive', () => answered.abort());
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: 'The window does not respond.',
    detail: 'Trainings go on: they run in processes of their own.',
    buttons: ['Wait', 'End the page'],
    defaultId: 0,
    cancelId: 0,
    signal: answered.signal,
  });
  if (response === 1 && !window.isDestroyed()) window.webContents.forcefullyCrashRenderer();
}
