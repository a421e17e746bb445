// Where the window opens: where it was, as far as the screens of today allow. Rectangles and a small file; no window.
import path from 'node:path';
import { type SavedWindow, windowFormat } from '../contract/saved/window.ts';
import { readJsonFile, writeJsonFile } from '../main/files/json-file.ts';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const least = { width: 1024, height: 700 };
const usual = { width: 1360, height: 860 };
/** So much of its top edge must lie on a screen, or it could not be moved. */
const grip = { width: 120, height: 40 };

const overlap = (from: number, length: number, from2: number, length2: number): number =>
  Math.min(from + length, from2 + length2) - Math.max(from, from2);

const reachable = (w: Rectangle, screen: Rectangle): boolean =>
  overlap(w.x, w.width, screen.x, screen.width) >= grip.width &&
  overlap(w.y, grip.height, screen.y, screen.height) >= grip.height;

/**
 * Bounds for a window: the saved ones where they can be reached on one of `screens` (their work areas, the first one the primary),
 * else centred on the primary screen. Never larger than its screen, never smaller than the least size a screen allows.
 */
export function placeOn(screens: readonly Rectangle[], saved: Rectangle | undefined): Rectangle {
  const wanted = { ...usual, ...saved };
  const width = Math.max(wanted.width, least.width);
  const height = Math.max(wanted.height, least.height);
  const home = saved && screens.find((s) => reachable({ ...saved, width, height }, s));
  const screen = home ?? screens[0];
  if (!screen) return { x: 0, y: 0, ...usual };
  const size = { width: Math.min(width, screen.width), height: Math.min(height, screen.height) };
  if (home && saved) return { x: saved.x, y: saved.y, ...size };
  return {
    x: Math.round(screen.x + (screen.width - size.width) / 2),
    y: Math.round(screen.y + (screen.height - size.height) / 2),
    ...size,
  };
}

const fileOf = (library: string): string => path.join(library, 'window.json');

/** Undefined where nothing was saved, or nothing that can be read: `unreadable` hears why. */
export function readWindow(library: string, unreadable: (e: unknown) => void): SavedWindow | undefined {
  try {
    return readJsonFile(windowFormat, fileOf(library));
  } catch (e) {
    unreadable(e);
    return undefined;
  }
}

/** Throws FILE_IO, DISK_FULL. */
export const writeWindow = (library: string, window: SavedWindow): void => writeJsonFile(fileOf(library), window);
