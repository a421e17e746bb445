// The native menu. Commands of the window go to its pages; the rest is Electron's own roles.
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../contract/app-api.ts';

type Item = MenuItemConstructorOptions;
const separator: Item = { type: 'separator' };

/** Name and shortcut of each command. */
const commands: Record<MenuCommand, readonly [label: string, accelerator?: string]> = {
  'new-run': ['New Run…', 'CmdOrCtrl+N'],
  'export-report': ['Export Report…', 'CmdOrCtrl+E'],
  settings: ['Settings…', 'CmdOrCtrl+,'],
  find: ['Find', 'CmdOrCtrl+F'],
  palette: ['Command Palette…', 'CmdOrCtrl+K'],
  runs: ['Runs', 'CmdOrCtrl+1'],
  compare: ['Compare', 'CmdOrCtrl+2'],
  checkpoints: ['Checkpoints', 'CmdOrCtrl+3'],
  datasets: ['Datasets', 'CmdOrCtrl+4'],
  engines: ['Engines', 'CmdOrCtrl+5'],
  'toggle-pause': ['Pause or Resume', 'CmdOrCtrl+Shift+P'],
  'save-checkpoint': ['Save Checkpoint', 'CmdOrCtrl+S'],
  about: ['About Unsmooth'],
};

/** `command` is called with what was chosen. */
export function setMenu(command: (name: MenuCommand) => void): void {
  const item = (name: MenuCommand): Item => {
    const [label, accelerator] = commands[name];
    return { id: name, label, accelerator, click: () => command(name) };
  };
  const mac = process.platform === 'darwin';
  const program: Item = {
    label: app.name,
    submenu: [
      item('about'),
      separator,
      item('settings'),
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  };
  const file: Item = {
    label: '&File',
    submenu: [
      item('new-run'),
      item('export-report'),
      ...(mac
        ? [separator, { role: 'close' } as Item]
        : [separator, item('settings'), separator, { role: 'quit' } as Item]),
    ],
  };
  const edit: Item = {
    label: '&Edit',
    submenu: [
      ...(['undo', 'redo'] as const).map((role): Item => ({ role })),
      separator,
      ...(['cut', 'copy', 'paste', 'delete', 'selectAll'] as const).map((role): Item => ({ role })),
      separator,
      item('find'),
    ],
  };
  const view: Item = {
    label: '&View',
    submenu: [
      item('palette'),
      separator,
      ...(['runs', 'compare', 'checkpoints', 'datasets', 'engines'] as const).map(item),
      separator,
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomIn', accelerator: 'CmdOrCtrl+=', visible: false },
      { role: 'zoomOut' },
      separator,
      { role: 'togglefullscreen' },
      ...(app.isPackaged ? [] : [separator, { role: 'reload' } as Item, { role: 'toggleDevTools' } as Item]),
    ],
  };
  const run: Item = { label: '&Run', submenu: [item('toggle-pause'), item('save-checkpoint')] };
  const help: Item = { role: 'help', submenu: [item('about')] };
  const menus = [
    ...(mac ? [program] : []),
    file,
    edit,
    view,
    run,
    ...(mac ? [{ role: 'windowMenu' } as Item] : []),
    help,
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(menus));
}
