// What the names of people's files say: which are noise, which are images, how a name that is not text is shown. Opens nothing.

/** Left behind by systems and tools: never data. */
const noise = new Set(['__macosx', 'thumbs.db', 'desktop.ini', '@eadir', 'lost+found', '$recycle.bin']);
/** Endings that the decoder reads. */
const readable = new Set(['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif']);
/** Images as well, of formats that it does not read. */
const unreadable = new Set([
  'bmp',
  'ppm',
  'pgm',
  'pbm',
  'pnm',
  'heic',
  'heif',
  'jp2',
  'jxl',
  'tga',
  'psd',
  'ico',
  'dng',
]);
/** Names that people give to the splits of a dataset. */
const splitNames = new Set(['train', 'training', 'val', 'valid', 'validation', 'dev', 'eval', 'test', 'testing']);

/** Hidden files and folders (`.DS_Store`, `._x`, `.ipynb_checkpoints`, …) and what systems leave behind. */
export const isNoise = (name: string): boolean => name.startsWith('.') || noise.has(name.toLowerCase());
export const isSplitName = (name: string): boolean => splitNames.has(name.toLowerCase());

/** Lower case, without the dot; '' where there is none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}
export type FileClass = 'image' | 'unreadable image' | 'other';
export function classOfFile(name: string): FileClass {
  const extension = extensionOf(name);
  return readable.has(extension) ? 'image' : unreadable.has(extension) ? 'unreadable image' : 'other';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;

/** A name as people can read it: bytes that are not UTF-8, and control characters, as \xNN. */
export function shown(name: Uint8Array): string {
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return utf8.decode(name).replace(/[\x00-\x1f\x7f]/g, (c) => hex(c.charCodeAt(0)));
  } catch {
    return Array.from(name, (b) => (b < 0x20 || b >= 0x7f ? hex(b) : String.fromCharCode(b))).join('');
  }
}

/** `3 files`, `1 file`; plural forms in -s alone. */
export const counted = (n: number, noun: string): string => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;

/** `a, b and 7 more`. */
export function listed(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return rest > 1 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ');
}
