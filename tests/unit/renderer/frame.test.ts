// What the frame decides without a page: what a few letters find, what keys mean, which errors break a screen, what it is called.
import { describe, expect, test } from 'vitest';
import { breaksScreen } from '../../../renderer/app/breaks-screen.ts';
import { fitness, ranked } from '../../../renderer/app/fuzzy.ts';
import { placeOf, titleOf } from '../../../renderer/app/places.ts';
import { commandOf, keysText, type Pressed } from '../../../renderer/app/shortcuts.ts';

describe('fuzzy', () => {
  const find = (query: string, ...texts: string[]) => ranked(query, texts, (t) => t);
  test('letters in order, else nothing', () => {
    expect(fitness('tex', 'Train the example')).toBeGreaterThan(0);
    expect(fitness('xet', 'Train the example')).toBe(0);
  });
  test('the beginning of a word before its middle, a whole match before scattered letters', () => {
    expect(find('run', 'overrun', 'New run', 'Runs')).toEqual(['Runs', 'New run', 'overrun']);
    expect(find('nr', 'example-plain northern', 'New run')[0]).toBe('New run');
    expect(find('plain', 'p-l-a-i-n', 'example-plain')).toEqual(['example-plain', 'p-l-a-i-n']);
  });
  test('nothing asked keeps all in their order', () => {
    expect(find(' ', 'b', 'a')).toEqual(['b', 'a']);
  });
});

describe('keys', () => {
  const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    ...more,
  });
  test('Ctrl, on a Mac Cmd, never both, never with Alt', () => {
    expect(commandOf(press('k', { ctrlKey: true }), false)).toBe('palette');
    expect(commandOf(press('k', { metaKey: true }), true)).toBe('palette');
    expect(commandOf(press('k', { metaKey: true }), false)).toBeUndefined();
    expect(commandOf(press('k', { ctrlKey: true, altKey: true }), false)).toBeUndefined();
    expect(commandOf(press('k'), false)).toBeUndefined();
  });
  test('Shift counts', () => {
    expect(commandOf(press('P', { ctrlKey: true, shiftKey: true }), false)).toBe('toggle-pause');
    expect(commandOf(press('p', { ctrlKey: true }), false)).toBeUndefined();
  });
  test('as the platform writes them', () => {
    expect(keysText({ mod: true, shift: true, key: 'p' }, false)).toBe('Ctrl+Shift+P');
    expect(keysText({ mod: true, shift: true, key: 'p' }, true)).toBe('⇧⌘P');
  });
});

test('an error in a click leaves the screen; one in drawing it does not', () => {
  for (const info of ['native event handler', 'component event handler', 'watcher callback'])
    expect(breaksScreen(info)).toBe(false);
  for (const info of ['setup function', 'render function', 'component update']) expect(breaksScreen(info)).toBe(true);
  const production = (code: number) => `https://vuejs.org/error-reference/#runtime-${code}`;
  expect([0, 1, 5, 6, 15].map((code) => breaksScreen(production(code)))).toEqual([true, true, false, false, true]);
});

test('the window is called after its screen, a run after its name', () => {
  expect(titleOf('datasets', undefined)).toBe('Datasets · Unsmooth');
  expect(titleOf('run', 'example')).toBe('example · Unsmooth');
  expect(titleOf('new-run', undefined)).toBe('New run · Unsmooth');
  expect([placeOf('run'), placeOf('new-run'), placeOf('about')]).toEqual(['runs', 'runs', 'about']);
});
