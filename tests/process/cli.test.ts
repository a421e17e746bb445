// The command line as it stands in a shell: exit codes, one line per error, one JSON object, nothing started by a wrong request.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { version } from '../../contract/version.ts';
import { drawPictures } from '../pictures.ts';
import { tinyRun } from '../unit/run-folder.fixtures.ts';
import { cli, startCli, until } from './cli.ts';

let folder = '';
let library = '';
let env: Record<string, string> = {};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'cli-'));
  library = path.join(folder, 'library');
  env = { UNSMOOTH_LIBRARY: library, UNSMOOTH_CACHE: path.join(folder, 'cache') };
  write('recipe.yaml', 'name: tiny\nmodel: {depth: 2}\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const at = (name: string) => path.join(folder, name);

/** Exit code 2 and exactly one line that begins so. */
async function refused(args: readonly string[], code: string, text: string | RegExp): Promise<string> {
  const { code: exit, stdout, stderr } = await cli(args, env);
  expect({ exit, stdout }, stderr).toEqual({ exit: 2, stdout: '' });
  const [line = '', ...more] = stderr.trimEnd().split('\n');
  expect(line.startsWith(`unsmooth: [${code}] `), stderr).toBe(true);
  expect(line).toMatch(text);
  expect(more.every((l) => l.startsWith('  '))).toBe(true);
  return stderr;
}

describe('a wrong request', () => {
  test.for([
    [['trian'], /unknown command 'trian'\. Did you mean train\?/],
    [['train'], /missing required argument 'recipe'/],
    [['train', 'a', 'b'], /too many arguments/],
    [['runs', '--jsn'], /unknown option '--jsn'\. Did you mean --json\?/],
    [['diagnose', 'x.safetensors'], /required option '--data <dataset>' not specified/],
    [['diagnose', 'x', '--data', 'mnist', '--tap', 'middle'], /Allowed choices are block, norm/],
    [['diagnose', 'x', '--data', 'mnist', '--metrics', 'cos_ab'], /Did you mean cos_abs\?/],
    [['diagnose', 'x', '--data', 'mnist', '--images', '0'], /whole number of at least 1/],
    [['evaluate', 'x', '--data', 'mnist', '--mean', '0.5'], /--mean and --std go together/],
    [['bench', '--steps', 'many'], /whole number of at least 1/],
    [['compare', 'only-one'], /two or more/],
    [['report', 'x', '--format', 'htm'], /Did you mean html\?/],
    [['datasets', 'add', '.', '--name', '../x'], /not a name for a dataset/],
  ] as const)('%j', async ([args, text]) => {
    await refused(args, 'USAGE', text);
  });

  test('no command at all shows the help and exits 2', async () => {
    const { code, stdout, stderr } = await cli([], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const command of [
      'train',
      'resume',
      'runs',
      'diagnose',
      'evaluate',
      'forward',
      'inspect',
      'compare',
      'report',
    ])
      expect(stderr).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  test('--help and --version are answered on stdout', async () => {
    expect(await cli(['--version'], env)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await cli(['train', '--help'], env)).stdout).toContain('--set <field=value>');
  });

  test('--json: the error is the one object on stdout too', async () => {
    const { code, stdout, stderr } = await cli(['train', at('none.yaml'), '--json'], env);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'RECIPE_UNREADABLE' });
    expect(stderr.split('\n')).toHaveLength(2);
  });

  test('--debug adds the stack, nothing else does', async () => {
    expect((await cli(['resume', 'nothing'], env)).stderr).not.toMatch(/^\s+at /m);
    expect((await cli(['resume', 'nothing', '--debug'], env)).stderr).toMatch(/^\s+at /m);
  });
});

describe('a broken recipe is refused before anything starts', () => {
  test.for([
    ['model: {embed_dim: 65}', 'RECIPE_INVALID', /model\.embed_dim: 65 is not divisible by model\.num_heads \(4\)/],
    [
      'data: {img_size: 28}\nmodel: {patch_size: 5}',
      'RECIPE_INVALID',
      /data\.img_size: 28 is not divisible by model\.patch_size/,
    ],
    ['optim: {lr: fast}', 'RECIPE_INVALID', /optim\.lr: .*expected number/i],
    ['trian: {epochs: 3}', 'RECIPE_INVALID', /trian: unknown field; did you mean train\?/],
    ['version: 7', 'RECIPE_INVALID', /version: this version reads recipes of version 1/],
    ['train: {epochs: 3', 'RECIPE_UNREADABLE', /bad\.yaml, line \d+, column \d+: /],
    ['name: a\nname: b', 'RECIPE_UNREADABLE', /line 2, column 1: Map keys must be unique/],
    ['name: !!js/function "x"', 'RECIPE_UNREADABLE', /line 1, column 7: Unresolved tag/],
    ['- a\n- b', 'RECIPE_UNREADABLE', /expected fields .* found a list/],
    ['a: \u0000', 'RECIPE_UNREADABLE', /expected text in UTF-8, found other bytes/],
    ['data: {dataset: mnits}', 'DATASET_NOT_FOUND', /no dataset mnits.* Did you mean mnist\?/],
    ['data: {kind: idx, path: nowhere}', 'DATASET_NOT_FOUND', /data\.path: .*nowhere does not exist/],
    ['model: {init: none.safetensors}', 'CHECKPOINT_NOT_FOUND', /model\.init: .*none\.safetensors does not exist/],
  ] as const)('%s', async ([text, code, words]) => {
    await refused(['train', write('bad.yaml', text)], code, words);
    expect(existsSync(path.join(library, 'runs'))).toBe(false);
  });

  const aliases = Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`).join('\n');
  test.for([
    ['nested too deeply', '['.repeat(20_000), /line 1, column \d+: nested too deeply/],
    ['too large', `# ${'x'.repeat(2 ** 20)}`, /at most 1 MiB, found more/],
    ['that grows by its aliases', `a0: &a0 [x]\n${aliases}`, /alias/i],
  ] as const)('a recipe %s', async ([, text, words]) => {
    await refused(['train', write('bad.yaml', text)], 'RECIPE_UNREADABLE', words);
  });

  test('a folder without recipes', async () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty);
    await refused(['train', empty], 'RECIPE_UNREADABLE', /there is no recipe in it\. Put recipes/);
  });

  test('each problem has its own line', async () => {
    const file = write('bad.yaml', 'optim: {lr: 0}\ntrain: {epochs: -1, batch: 3}');
    const stderr = await refused(['train', file], 'RECIPE_INVALID', /and 2 more/);
    for (const field of ['optim.lr', 'train.epochs', 'train.batch'])
      expect(stderr).toMatch(new RegExp(`^  ${field}: `, 'm'));
  });

  test.for([
    [['train.epochz=2'], 'RECIPE_INVALID', /train\.epochz: unknown field; did you mean train\.epochs\?/],
    [['train.epochs'], 'USAGE', /not of the form field=value/],
    [['__proto__.x=1'], 'USAGE', /not of the form field=value/],
    [['train={epochs: 2}'], 'USAGE', /not a plain one/],
    [['train.epochs=0'], 'RECIPE_INVALID', /train\.epochs/],
  ] as const)('--set %j', async ([[setting], code, words]) => {
    await refused(['train', at('recipe.yaml'), '--set', setting], code, words);
  });

  test('an engine that is missing is named with the way to get it: the work fails, exit 1', async () => {
    const { code, stderr } = await cli(['train', at('recipe.yaml'), '--set', 'engine=cpu'], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^unsmooth: \[ENGINE_MISSING\] .*unsmooth engines install cpu/m);
  });
});

describe('runs', () => {
  test('an empty library is said in words, and as JSON', async () => {
    expect((await cli(['runs'], env)).stdout).toBe(`no runs in ${path.join(library, 'runs')}\n`);
    expect(JSON.parse((await cli(['runs', '--json'], env)).stdout).runs).toEqual([]);
  });

  test('broken, newer and orphaned folders are listed as what they are', async () => {
    const runs = at('some-runs');
    write('some-runs/20260101-000000-orphan/run.json', JSON.stringify({ ...tinyRun(), status: 'running' }));
    write('some-runs/20260101-000001-newer/run.json', JSON.stringify({ version: 99 }));
    write('some-runs/20260101-000002-torn/run.json', '{"version": 1, "sta');
    mkdirSync(path.join(runs, '20260101-000003-empty'));
    const { stdout } = await cli(['runs', '--runs', runs, '--json'], env);
    const rows = JSON.parse(stdout).runs.map((r: { status: string; reason: string }) => [r.status, r.reason]);
    expect(rows).toEqual([
      ['broken', expect.stringContaining('no run.json')],
      ['broken', expect.stringContaining('run.json: not JSON')],
      ['newer', expect.stringContaining('run of version 99')],
      ['interrupted', 'the process that trained it is gone'],
    ]);
  });

  test('a run of a newer version is not resumed', async () => {
    await refused(['resume', at('some-runs/20260101-000001-newer')], 'RUN_NEWER', /version 99.*Update Unsmooth/);
  });

  test('a name that may be several runs lists them', async () => {
    await refused(['resume', '2026', '--runs', at('some-runs')], 'RUN_NOT_FOUND', /may be any of .*orphan/);
  });
});

test('without a home folder the user is told what to set, and --help works', async () => {
  const none = { UNSMOOTH_LIBRARY: '', XDG_DATA_HOME: '', HOME: '' };
  const { code, stderr } = await cli(['runs'], none);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^unsmooth: \[USAGE\] this user has no home folder\. Set HOME/);
  expect((await cli(['--help'], none)).code).toBe(0);
});

describe('datasets', () => {
  test('a folder is described, added under a name, shown by it', async () => {
    const idx = at('idx');
    writeIdx(idx, 'train', 20);
    writeIdx(idx, 't10k', 10);
    const added = await cli(['datasets', 'add', idx, '--name', 'small', '--json'], env);
    expect(added.code, added.stderr).toBe(0);
    expect(JSON.parse(added.stdout)).toMatchObject({ identity: { name: 'small', classes: 2, train: 20, val: 10 } });
    expect(JSON.parse((await cli(['datasets', 'show', 'small', '--json'], env)).stdout).splits).toHaveLength(2);
    const { datasets } = JSON.parse((await cli(['datasets', '--json'], env)).stdout);
    expect(datasets.map((d: { name: string }) => d.name)).toEqual(['mnist', 'fashion-mnist', 'small']);
    expect(JSON.parse(readFileSync(path.join(library, 'datasets', 'small.json'), 'utf8'))).toMatchObject({
      version: 2,
      path: idx,
      detected: true,
      findings: { splits: expect.anything() },
    });
    const shown = await cli(['datasets', 'show', 'small'], env);
    expect(shown.stdout).toMatch(/^kind +idx$/m);
    expect(shown.stderr).toMatch(/^as checked on /);
    writeIdx(idx, 't10k', 12);
    writeFileSync(path.join(idx, 'later'), '');
    expect((await cli(['datasets'], env)).stdout).toMatch(/small .*changed since it was checked/);
    const checked = await cli(['datasets', 'check', 'small', '--check', 'full', '--json'], env);
    expect(JSON.parse(checked.stdout)).toMatchObject({ identity: { name: 'small', val: 12 } });
    expect((await cli(['datasets'], env)).stdout).not.toContain('changed since');
    await refused(['datasets', 'add', idx, '--kind', 'mat'], 'USAGE', /--kind/);
    const namesake = path.join(at('namesakes'), 'small');
    writeIdx(namesake, 'train', 20);
    await refused(['datasets', 'add', namesake], 'USAGE', /small is the name of .*--name/);
    rmSync(idx, { recursive: true });
    await refused(
      ['datasets', 'show', 'small'],
      'DATASET_NOT_FOUND',
      /is not there any more.*datasets add PATH --name small/,
    );
    expect((await cli(['datasets', 'remove', 'small'], env)).code).toBe(0);
    await refused(['datasets', 'remove', 'small'], 'DATASET_NOT_FOUND', /no dataset small was added/);
  });

  test('a folder of images: what was detected, what is broken; Ctrl-C while it is read leaves no description', async () => {
    const pictures = at('pictures');
    const [torn = '', text = ''] = await drawPictures(pictures, 100);
    const under = ['datasets', 'add', pictures, '--name'];
    const { child, ended } = startCli([...under, 'never'], env);
    await until(() => existsSync(path.join(library, 'datasets', 'indexes')));
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/^unsmooth: \[STOPPED\] /m);
    expect(existsSync(path.join(library, 'datasets', 'never.json'))).toBe(false);

    const added = await cli([...under, 'shapes', '--check', 'full'], env);
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toMatch(/^notes +image folder: train\/ holds 3 class folders/m);
    expect(added.stdout).toMatch(/^classes +3: bubbles, hills, stripes$/m);
    expect(added.stdout).toMatch(/^val +75 /m);
    for (const file of ['2 problems:', torn, text]) expect(added.stdout).toContain(file);
    const found = JSON.parse((await cli(['datasets', 'show', 'shapes', '--json'], env)).stdout);
    expect(found).toMatchObject({ problemCount: 2, checked: { decoded: 299, heads: 0 } });
    expect(found.problems.map((p: { where: string }) => p.where).sort()).toEqual([torn, text].sort());
    await refused([...under, 'shapes', '--kind', 'parquet'], 'DATASET_INVALID', /parquet/i);
    expect((await cli(['datasets'], env)).stdout).toMatch(/shapes +available +imagefolder/); // as it was
  });

  test('a truncated file is refused with file, expected and found', async () => {
    const idx = at('torn');
    writeIdx(idx, 'train', 20);
    const file = path.join(idx, 'train-images-idx3-ubyte');
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    await refused(['inspect', idx], 'DATASET_INVALID', /train-images-idx3-ubyte.*expected.*found/);
  });
});

describe('inspect', () => {
  test('a tar of images and classes is a dataset', async () => {
    const pictures = at('for-tar');
    await drawPictures(pictures, 4);
    const samples = at('samples');
    mkdirSync(samples);
    for (const i of [0, 2]) {
      cpSync(path.join(pictures, 'train', 'bubbles', `bubbles-00${i}.jpg`), path.join(samples, `${i}.jpg`));
      writeFileSync(path.join(samples, `${i}.cls`), String(i / 2));
    }
    execFileSync('tar', ['-cf', at('shard.tar'), '-C', samples, ...readdirSync(samples).sort()]);
    expect((await cli(['inspect', at('shard.tar')], env)).stdout).toMatch(/^kind +webdataset$/m);
  });
  test('what is not there, and what is no checkpoint', async () => {
    await refused(['inspect', at('nothing')], 'INPUT_INVALID', /no such file, folder or dataset/);
    await refused(['inspect', write('text.safetensors', 'hello')], 'CHECKPOINT_INVALID', /text\.safetensors/);
  });
});

test('a reader that goes away is no error', async () => {
  const { child, ended } = startCli(['train', '--help'], env);
  child.stdout?.destroy();
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

/** n images of 4 x 4, labels 0 and 1 in turn, in MNIST's layout. */
function writeIdx(dir: string, split: string, n: number): void {
  mkdirSync(dir, { recursive: true });
  const header = (...words: number[]) =>
    Buffer.concat(words.map((w) => Buffer.from([w >>> 24, w >>> 16, w >>> 8, w].map((b) => b & 255))));
  const pixels = Buffer.from(Array.from({ length: n * 16 }, (_, i) => i % 256));
  writeFileSync(path.join(dir, `${split}-images-idx3-ubyte`), Buffer.concat([header(0x803, n, 4, 4), pixels]));
  const labels = Buffer.from(Array.from({ length: n }, (_, i) => i % 2));
  writeFileSync(path.join(dir, `${split}-labels-idx1-ubyte`), Buffer.concat([header(0x801, n), labels]));
}
