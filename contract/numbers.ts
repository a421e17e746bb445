// Numbers that are not finite cross disk and wire as the strings "NaN", "Infinity", "-Infinity" (JSON has none of them).
import { z } from 'zod';

export const savedNumber = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])]);
export type SavedNumber = z.infer<typeof savedNumber>;

export function encodeNumber(x: number): SavedNumber {
  if (Number.isFinite(x)) return x;
  return Number.isNaN(x) ? 'NaN' : x > 0 ? 'Infinity' : '-Infinity';
}

export function decodeNumber(x: SavedNumber): number {
  return typeof x === 'number' ? x : Number(x);
}
