import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineFolder } from '../../../native-worker/engine/folders.ts';
import { trace } from '../../../native-worker/engine/index.ts';
import { modelLine } from '../../../native-worker/engine/model-line.ts';
import { programVariables } from '../../../native-worker/engine/program.ts';
import { checkValues } from '../../../native-worker/engine/spec.ts';

const f = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const reading = (shape: number[]) => trace('read', { w: f(...shape) }, {}, (v) => ({ outputs: { w: v.w! } }));

describe('variables of a program', () => {
  it('are the union of what its calls are bound to', () => {
    const fn = reading([3]);
    const calls = [
      { name: 'eval', fn },
      { name: 'eval of the mean', fn, bind: (v: string) => `ema/${v}` },
    ];
    expect(programVariables({ calls })).toEqual({ w: f(3), 'ema/w': f(3) });
  });
  it('must agree between calls', () => {
    const calls = [
      { name: 'a', fn: reading([3]) },
      { name: 'b', fn: reading([4]) },
    ];
    expect(() => programVariables({ calls })).toThrow('"w" is float32[3] in one call and float32[4] in b');
  });
  it('two calls of one name, or two variables bound to one, are refused', () => {
    const fn = reading([3]);
    expect(() =>
      programVariables({
        calls: [
          { name: 'a', fn },
          { name: 'a', fn },
        ],
      }),
    ).toThrow('named a');
    const two = trace('two', { v: f(1), w: f(1) }, {}, (v) => ({ outputs: { y: v.v!.add(v.w!) } }));
    expect(() => programVariables({ calls: [{ name: 'a', fn: two, bind: () => 'x' }] })).toThrow('"x"');
  });
});

describe('host values', () => {
  const specs = { x: f(2, 3), n: { shape: [], dtype: 'int32' as const } };
  const good = { x: new Float32Array(6), n: Int32Array.of(1) };
  it('pass when names, dtypes and lengths are right', () => {
    expect(() => checkValues('Call', good, specs, true)).not.toThrow();
    expect(() => checkValues('Put', { x: good.x }, specs, false)).not.toThrow();
  });
  it.each([
    ['a missing one', { x: good.x }, '"n" is missing: int32[]'],
    ['an unknown one', { ...good, z: new Float32Array(1) }, '"z" has no place'],
    ['a wrong length', { ...good, x: new Float32Array(5) }, '"x" has 5 values, expected 6 for float32[2,3]'],
    ['a wrong dtype', { ...good, n: Float32Array.of(1) }, '"n" is float32, expected int32[]'],
  ])('%s is refused by name', (_, values, message) => {
    expect(() => checkValues('Call', values, specs, true)).toThrow(message);
  });
});

describe('the default folder of an engine', () => {
  it('lies in the cache folder', () => {
    expect(engineFolder('cpu', { UNSMOOTH_CACHE: '/c' })).toBe(join('/c', 'engines', 'cpu'));
    expect(engineFolder('cpu', { XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'unsmooth', 'engines', 'cpu'));
  });
});

describe('the line of model code in a stack', () => {
  it('is the first outside the engine and packages', () => {
    const stack = [
      'Error: x',
      '    at Tracer.readSync (file:///app/native-worker/engine/tracer.ts:9:1)',
      '    at add__op (/app/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js:1:1)',
      '    at forward (file:///app/native-worker/models/vit.ts:42:7)',
    ].join('\n');
    expect(modelLine(stack)).toBe('/app/native-worker/models/vit.ts:42');
  });
  it('in a bundle without source maps is the first after the functions of tfjs', () => {
    const stack = [
      'Error: x',
      '    at Engine.runKernel (/app/worker.js:10:1)',
      '    at Object.add__op [as add] (/app/worker.js:11:1)',
      '    at Tensor.add (/app/worker.js:12:1)',
      '    at forward (/app/worker.js:42:7)',
      '    at recorded (/app/worker.js:50:7)',
    ].join('\n');
    expect(modelLine(stack)).toBe('/app/worker.js:42');
  });
});
