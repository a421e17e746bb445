// Runs in the window's sandbox before its pages and gives them one object: calls and events, nothing of Electron.
import { contextBridge, type IpcRendererEvent, ipcRenderer, webUtils } from 'electron';
import { bridgeName, callChannel, eventChannel, eventNames } from '../contract/app/channels.ts';
import type { Bridge, Dropped } from '../contract/app-api.ts';

const bridge: Bridge = {
  call: (name, args) => ipcRenderer.invoke(callChannel, name, args),
  on(event, listener) {
    if (!eventNames.includes(event)) throw new TypeError(`there is no event ${String(event)}`);
    const hear = (_event: IpcRendererEvent, name: unknown, data: Parameters<typeof listener>[0]) => {
      if (name === event) listener(data);
    };
    ipcRenderer.on(eventChannel, hear);
    return () => void ipcRenderer.off(eventChannel, hear);
  },
  pathOf: (dropped) => webUtils?.getPathForFile(dropped as File) ?? pathBefore29(dropped),
};
/** Electron before 29 says it on the file itself. */
function pathBefore29(dropped: Dropped): string {
  return 'path' in dropped && typeof dropped.path === 'string' ? dropped.path : '';
}
ipcRenderer.setMaxListeners(0); // each subscriber is one
contextBridge.exposeInMainWorld(bridgeName, bridge);
