import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readPickle } from '../../native-worker/checkpoint/pickle.ts';
import { PickleError } from '../../native-worker/checkpoint/pickle-bytes.ts';
import { knownBuilders } from '../../native-worker/checkpoint/pickle-known.ts';
import { textOf } from '../../native-worker/checkpoint/pickle-text.ts';
import {
  dictOf,
  type PickleValue,
  PyList,
  PyOpaque,
  PySet,
  PyTuple,
} from '../../native-worker/checkpoint/pickle-values.ts';
import { fixture, py } from './checkpoint.fixtures.ts';

const reading = { builders: knownBuilders, persistent: (id: PickleValue) => new PyTuple(['persistent', id]) };
const read = (bytes: Uint8Array): PickleValue => readPickle(bytes, reading);
const latin = (text: string): PickleValue => read(Buffer.from(text, 'latin1'));
function refusal(bytes: Uint8Array): string {
  try {
    read(bytes);
  } catch (e) {
    if (e instanceof PickleError) return e.message;
    throw e;
  }
  throw new Error('read without a complaint');
}

/** Bytes, tuples, lists and dicts as JavaScript's own, unknown objects as their names. */
function bare(value: PickleValue | undefined): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof PyOpaque && !value.dict) return { opaque: value.name, state: bare(value.state) };
  const dict = dictOf(value);
  if (dict) return [...dict.entries].map(([k, v]) => [bare(k), bare(v)]);
  if (value instanceof PyList || value instanceof PyTuple || value instanceof PySet) return value.items.map(bare);
  return value;
}

const pickles: Record<string, string> = JSON.parse(readFileSync(fixture('pickles.json'), 'utf8'));
describe.each([0, 1, 2, 3, 4, 5])('protocol %i, as Python writes it', (protocol) => {
  const value = dictOf(read(Buffer.from(pickles[protocol] ?? '', 'hex')));
  const at = (key: string): unknown => bare(value?.entries.get(key));

  test('plain values', () => {
    const integers = [0, -1, 255, 65535, 2 ** 31, -(2 ** 31), 2n ** 100n, -(2n ** 70n)];
    expect(at('plain')).toEqual([null, true, false, ...integers, 1.5, Number.POSITIVE_INFINITY, 1e-300]);
  });
  test('text and bytes', () => {
    const texts = ['', 'plain', 'naïve \u2603 \u{1f600}', "line\nbreak \\u1234 'quotes' \"", 'x'.repeat(300)];
    expect(at('text')).toEqual(texts);
    expect(at('bytes')).toEqual(['', '00ff80', '00'.repeat(300)]);
  });
  test('containers, and the same one twice', () => {
    expect(at('nested')).toEqual([
      ['tuple', [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
      ['list', [[], [[]]]],
      [7, 'seven'],
      [[1, 2], 'key'],
    ]);
    const twice = value?.entries.get('twice');
    expect(twice instanceof PyList && twice.items[0] === twice.items[1]).toBe(true);
    expect(at('sets')).toEqual([[1], [2]]);
    expect(at('ordered')).toEqual([
      ['b', 1],
      ['a', 2],
    ]);
  });
  test('namespaces, numpy scalars, and objects of no known class', () => {
    expect(textOf(value?.entries.get('namespace') ?? null)).toBe('{"lr":0.5,"name":"deit"}');
    expect(at('numpy')).toMatchObject([
      2.5,
      0.5,
      -3,
      200,
      true,
      { opaque: expect.stringMatching(/multiarray\.scalar$/) },
    ]);
    expect(at('unknown')).toMatchObject({ opaque: '__main__.Own', state: [['secret', 1]] });
    expect(at('complex')).toMatchObject({ opaque: expect.stringMatching(/\.complex$/) });
  });
});

describe('nothing is run, whatever the opcode', () => {
  const system = 'cos\nsystem\n';
  const command = py.text('touch /tmp/executed');
  test.each([
    ['REDUCE', `${system}(${command}tR.`],
    ['INST', `(${command}ios\nsystem\n.`],
    ['OBJ', `(${system}${command}o.`],
    ['NEWOBJ', `${system}(${command}t\x81.`],
    ['NEWOBJ_EX', `${system}(${command}t}\x92.`],
    ['STACK_GLOBAL', `\x80\x04\x8c\x02os\x8c\x06system\x93(${command}tR.`],
  ])('%s of os.system', (_, pickle) => {
    const value = latin(pickle);
    expect(value).toBeInstanceOf(PyOpaque);
    expect(value).toMatchObject({ name: 'os.system', args: { items: ['touch /tmp/executed'] } });
  });
  test('names of JavaScript are only names; a call of a call is no name at all', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'globalThis', 'process'])
      expect(latin(`c${name}\n${name}\n)R.`)).toMatchObject({ name: `${name}.${name}` });
    expect(latin('cbuiltins\ngetattr\n(cos\nsystem\nX\x01\0\0\0xtR)R.')).toMatchObject({
      name: 'a value that is no name',
    });
  });
  test('extensions and persistent ids', () => {
    for (const op of ['\x82\x05', '\x83\x05\0', '\x84\x05\0\0\0'])
      expect(latin(`${op}.`)).toEqual({ name: 'copyreg.extension5' });
    expect(bare(latin('Pkey\n.'))).toEqual(['persistent', 'key']);
    expect(bare(latin('K\x07Q.'))).toEqual(['persistent', 7]);
  });
  test('a state, items and attributes given to an unknown object stay with it', () => {
    const value = latin(`cx\nY\n)R}X\x01\0\0\0aK\x01sb(X\x01\0\0\0kK\x02u.`);
    expect(value).toMatchObject({ name: 'x.Y' });
    expect(bare(value instanceof PyOpaque ? value.state : null)).toEqual([['a', 1]]);
    expect(bare(value)).toEqual([['k', 2]]);
  });
  test('keys named like parts of every object', () => {
    const value = latin(`}(X\x09\0\0\0__proto__}X\x08\0\0\0pollutedK\x01sX\x0b\0\0\0constructorK\x02u.`);
    expect(JSON.parse(textOf(value))).toEqual(JSON.parse('{"__proto__":{"polluted":1},"constructor":2}'));
    expect('polluted' in {}).toBe(false);
  });
});

describe('every single opcode, and the stack under it', () => {
  const seeds = ['', 'N', '(', 'NN', '(N', '(NN', ']', '})', '}N', '}NN', 'NNN', 'cx\nY\n)', 'X\x01\0\0\0a'];
  test.each(Array.from({ length: 256 }, (_, opcode) => opcode))('0x%s', (opcode) => {
    for (const seed of seeds)
      for (const rest of ['', '.', '\0.', '\xff\xff\xff\xff\xff\xff\xff\xff.', '1\n2\n.', "'a'\n.", 'nan\n.']) {
        const bytes = Buffer.concat([Buffer.from(seed, 'latin1'), Buffer.of(opcode), Buffer.from(rest, 'latin1')]);
        try {
          read(bytes);
        } catch (e) {
          expect(e).toBeInstanceOf(PickleError);
        }
      }
  });
});

describe('bounded', () => {
  test.each<[string, Buffer, string]>([
    ['no STOP', Buffer.from('N'), 'expected 1 more bytes'],
    ['nothing at all', Buffer.alloc(0), 'expected 1 more bytes'],
    ['text beyond the end', Buffer.from('X\xff\xff\xff\x7fa', 'latin1'), 'expected 2147483647 more bytes'],
    ['text of 2^63 bytes', Buffer.from('\x8d\0\0\0\0\0\0\0\x80a', 'latin1'), 'expected 9223372036854776000 more bytes'],
    ['a frame beyond the end', Buffer.from('\x95\xff\xff\xff\xff\xff\xff\xff\xffN.', 'latin1'), 'more bytes'],
    ['a line without an end', Buffer.from('cos'), 'without an end'],
    ['an integer of many digits', Buffer.from(`L${'9'.repeat(100_000)}L\n.`), 'an integer of 100000 digits'],
    [
      'an integer of many bytes',
      Buffer.concat([Buffer.of(0x8b, 0xff, 0xff, 0, 0), Buffer.alloc(70_000)]),
      'an integer of',
    ],
    ['protocol 6', Buffer.of(0x80, 6), 'protocol 6'],
    ['a memo never written', Buffer.from('h\x05.'), 'memo 5 was never written'],
    ['buffers elsewhere', Buffer.of(0x97), 'buffers kept outside the pickle'],
    ['more operations than any checkpoint has', Buffer.alloc(6_000_000, 'N0'), 'more than 5000000 operations'],
    ['more objects', Buffer.alloc(2_000_000, '}'), 'more than 500000 objects'],
    ['more tuples', Buffer.alloc(2_000_000, ')'), 'more than 500000 objects'],
    ['more marks', Buffer.alloc(2_000_000, '('), 'more than 10000 marks'],
  ])('%s', (_, bytes, message) => {
    expect(refusal(bytes)).toContain(message);
  });

  test('a value that holds itself, and one that doubles forty times, become short text', () => {
    expect(textOf(latin(']q\0h\0a.')).length).toBeLessThan(100);
    expect(textOf(latin('}q\0X\x01\0\0\0ah\0s.')).length).toBeLessThan(100);
    const doubled = `]q\0${Array.from({ length: 40 }, () => `0](h\0h\0eq\0`).join('')}.`;
    expect(textOf(latin(doubled)).length).toBeLessThan(10_000);
  });
});
