// Words around numbers and messages.
import { expect, test } from 'vitest';
import { sentence } from '../../core/format.ts';

test.each([
  ['the disk is full', 'The disk is full.'],
  ['Is it there?', 'Is it there?'],
  ['élan', 'Élan.'],
  ['looking…', 'Looking…'],
  ['', ''],
])('%j as a sentence is %j', (text, expected) => expect(sentence(text)).toBe(expected));
