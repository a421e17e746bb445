// A chart by the keyboard: the read-out moves, the view zooms and moves.
import type { Range, SharedX } from './group.ts';
import type { Plot } from './plot.ts';

export const plotKeys =
  'Wheel zooms, drag moves, Shift + drag chooses a box, double click resets. Keys: arrows read, + and - zoom, Shift + arrows move, 0 resets.';

/** True where the key meant something here. */
export function moveByKey(event: KeyboardEvent, plot: Plot, x: SharedX, range: Range, reset: () => void): boolean {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey) return false;
  const direction = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0;
  if (direction !== 0 && shiftKey) plot.pan(direction / 10);
  else if (direction !== 0) x.point(nextRead(x.at, direction, range));
  else if (key === 'Home') x.point(range[0]);
  else if (key === 'End') x.point(range[1]);
  else if (key === '+' || key === '=') plot.zoom(1.25);
  else if (key === '-') plot.zoom(0.8);
  else if (key === '0') reset();
  else if (key === 'Escape' && x.at !== null) x.point(null);
  else return false;
  return true;
}

/** A hundredth of the view further; from nowhere, the end it comes from. */
export function nextRead(at: number | null, direction: number, [low, high]: Range): number {
  if (at === null) return direction > 0 ? low : high;
  return Math.min(Math.max(at + (direction * (high - low)) / 100, low), high);
}
