// Where the window's own parts lie: beside the bundle this code is part of, in a checkout as in app.asar.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from 'electron';
import { programFolder } from '../main/files/program.ts';

const here = path.dirname(fileURLToPath(import.meta.url));

export const places = {
  pages: path.join(here, 'renderer'),
  preload: path.join(here, 'electron-preload.cjs'),
  icon: path.join(here, 'icon.png'),
  recipes: app.isPackaged ? path.join(programFolder(), 'recipes') : path.join(here, '..', 'recipes'),
  licences: path.join(programFolder(), 'licences.json'),
} as const;
