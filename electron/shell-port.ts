// What the services ask of the desktop: choosers, the file manager, the bin, previews.
import path from 'node:path';
import { app, type BrowserWindow, dialog, type OpenDialogOptions, type SaveDialogOptions, shell } from 'electron';
import { UnsmoothError } from '../contract/errors.ts';
import type { ShellPort } from '../main/app/shell-port.ts';
import type { Previews } from './previews.ts';

export function shellPort(window: () => BrowserWindow | null, previews: Previews): ShellPort {
  const open = (options: OpenDialogOptions) => {
    const parent = window();
    return parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options);
  };
  const save = (options: SaveDialogOptions) => {
    const parent = window();
    return parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options);
  };
  return {
    async chooseFolder(title) {
      const { canceled, filePaths } = await open({ title, properties: ['openDirectory', 'createDirectory'] });
      return canceled ? null : (filePaths[0] ?? null);
    },
    async chooseFile(title, endings) {
      const filters = [
        { name: title, extensions: [...endings] },
        { name: 'All files', extensions: ['*'] },
      ];
      const { canceled, filePaths } = await open({ title, properties: ['openFile'], filters });
      return canceled ? null : (filePaths[0] ?? null);
    },
    async chooseSave(name) {
      const { canceled, filePath } = await save({ defaultPath: path.join(app.getPath('documents'), name) });
      return canceled || !filePath ? null : filePath;
    },
    async openFolder(folder) {
      const refused = await shell.openPath(folder);
      if (refused) throw new UnsmoothError('FILE_IO', `${folder} could not be opened: ${refused}`);
    },
    async showItem(file) {
      shell.showItemInFolder(file);
    },
    async trash(file) {
      try {
        await shell.trashItem(file);
      } catch (e) {
        const why = e instanceof Error ? e.message : String(e);
        throw new UnsmoothError('FILE_IO', `${file} could not be moved to the bin: ${why}`, '', [], { cause: e });
      }
    },
    previewUrl: (text, kind) => previews.add(text, kind),
  };
}
