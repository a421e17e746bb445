// Keys and what they do: the same as the native menu's, for a plain browser and for the list of shortcuts.
import type { MenuCommand } from '../../contract/app-api.ts';

export interface Keys {
  /** Ctrl, on a Mac Cmd. */
  mod?: boolean;
  shift?: boolean;
  /** As `KeyboardEvent.key` says it, letters in lower case. */
  key: string;
}

export const shortcuts: Partial<Record<MenuCommand, Keys>> = {
  palette: { mod: true, key: 'k' },
  'new-run': { mod: true, key: 'n' },
  'export-report': { mod: true, key: 'e' },
  find: { mod: true, key: 'f' },
  runs: { mod: true, key: '1' },
  compare: { mod: true, key: '2' },
  checkpoints: { mod: true, key: '3' },
  datasets: { mod: true, key: '4' },
  engines: { mod: true, key: '5' },
  settings: { mod: true, key: ',' },
  'toggle-pause': { mod: true, shift: true, key: 'p' },
  'save-checkpoint': { mod: true, key: 's' },
};

/** Keys of the list of runs, for the list of shortcuts. */
export const tableKeys: readonly (readonly [what: string, keys: readonly Keys[]])[] = [
  ['Choose the row', [{ key: 'Space' }]],
  ['Choose a range', [{ shift: true, key: '↓' }]],
  ['Choose all', [{ mod: true, key: 'a' }]],
  ['Open the run', [{ key: 'Enter' }]],
  ['Rename', [{ key: 'F2' }]],
  ['Delete', [{ key: 'Del' }]],
];

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** The command of a key press, if it is one. */
export function commandOf(e: Pressed, mac: boolean): MenuCommand | undefined {
  const mod = mac ? e.metaKey && !e.ctrlKey : e.ctrlKey && !e.metaKey;
  if (!mod || e.altKey) return undefined;
  const pressed = e.key.toLowerCase();
  const found = Object.entries(shortcuts).find(
    ([, keys]) => keys.key === pressed && (keys.shift ?? false) === e.shiftKey,
  );
  return found?.[0] as MenuCommand | undefined;
}

/** "Ctrl+Shift+P", on a Mac "⇧⌘P". */
export function keysText({ mod, shift, key }: Keys, mac: boolean): string {
  const name = key.length === 1 ? key.toUpperCase() : key;
  if (mac) return `${shift ? '⇧' : ''}${mod ? '⌘' : ''}${name}`;
  return [mod && 'Ctrl', shift && 'Shift', name].filter(Boolean).join('+');
}

export const isMac = /mac/i.test(globalThis.navigator?.platform ?? '');
