// The one channel of calls and the one of events. A call counts only when the main frame of the window sends it from our pages.
import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { type AppApi, type AppEvents, callChannel, type EventName, eventChannel } from '../contract/app-api.ts';
import { UnsmoothError } from '../contract/errors.ts';
import { answerCall } from './answer.ts';
import { pagesHost, scheme } from './scheme.ts';

const isOurs = (event: IpcMainInvokeEvent, window: BrowserWindow | null): boolean =>
  window !== null &&
  !window.isDestroyed() &&
  event.senderFrame === window.webContents.mainFrame &&
  event.senderFrame.url.startsWith(`${scheme}://${pagesHost}/`);

export function answerCalls(
  api: AppApi,
  window: () => BrowserWindow | null,
  failed: (what: string, error: UnsmoothError) => void,
): void {
  ipcMain.removeHandler(callChannel);
  ipcMain.handle(callChannel, (event, name: unknown, args: unknown) => {
    if (isOurs(event, window())) return answerCall(api, name, args, (error) => failed(`call ${String(name)}`, error));
    return { ok: false, error: new UnsmoothError('USAGE', 'this page may not call').toData() };
  });
}

/** Nothing happens where there is nobody to hear it. */
export function sendEvent<E extends EventName>(window: BrowserWindow | null, event: E, data: AppEvents[E]): void {
  if (!window || window.isDestroyed() || window.webContents.isCrashed()) return;
  window.webContents.send(eventChannel, event, data);
}
