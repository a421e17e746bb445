import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { splitOf } from '../../native-worker/data/dataset.ts';
import { fixtures, inspected, openAt, readSplit, temporary } from './data.fixtures.ts';

const folder = join(fixtures, 'imagefolder');
const png = readFileSync(join(folder, 'train/ant/0.png'));
const put = (path: string, content: string | Uint8Array = png) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
};

describe('layouts, decided by what is there', () => {
  test('split/class/image, endings in any case, written by PIL', async () => {
    const d = await openAt(folder);
    expect([d.kind, d.classes, d.classNames, d.channels]).toEqual(['imagefolder', 2, ['ant', 'bee'], 3]);
    expect(d.notes[0]).toBe('image folder: train/ holds 2 class folders, val/ holds 2 class folders');
    const train = await readSplit(d, 'train');
    expect(train.map((r) => [r.label, r.size[0], r.where.split('/').slice(-3).join('/')])).toEqual([
      [0, 12, 'train/ant/0.png'],
      [0, 8, 'train/ant/1.JPEG'],
      [0, 12, 'train/ant/2.WebP'],
      [1, 12, 'train/bee/0.png'],
      [1, 8, 'train/bee/1.JPEG'],
      [1, 12, 'train/bee/2.WebP'],
    ]);
    expect(train[3]?.colour).toEqual([0, 100, 7]);
    for (const [i, { colour }] of train.entries()) expect(Math.abs(colour[0]! - 20 * (i % 3))).toBeLessThan(4);
    expect((await readSplit(d, 'val')).map((r) => r.label)).toEqual([0, 0, 1, 1]);
    expect([splitOf(d, 'train').byClass, splitOf(d, 'train').size]).toEqual([true, null]);
  });

  test('class/image: one split all; folders in class folders belong to the class', async () => {
    const dir = temporary();
    for (const path of ['b/1.png', 'a/2.png', 'a/deep/er/3.png', 'a/1.png']) put(join(dir, path));
    const d = await openAt(dir);
    expect(d.notes[0]).toContain('2 class folders of images, one split named all');
    expect((await readSplit(d, 'all')).map((r) => [r.label, r.where.slice(dir.length + 1)])).toEqual([
      [0, 'a/1.png'],
      [0, 'a/2.png'],
      [0, 'a/deep/er/3.png'],
      [1, 'b/1.png'],
    ]);
  });

  test('splits that lie deeper, or inside of class folders, never become classes', async () => {
    const deeper = temporary();
    for (const path of ['Data/CLS-LOC/train/n01/1.png', 'Data/CLS-LOC/val/n01/1.png']) put(join(deeper, path));
    await expect(openAt(deeper)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: `${deeper}: the data lies deeper: ${deeper}/Data/CLS-LOC holds train, val`,
      hint: `Give ${deeper}/Data/CLS-LOC.`,
    });
    expect((await openAt(join(deeper, 'Data/CLS-LOC'))).classNames).toEqual(['n01']);
    const turned = temporary();
    for (const path of ['cat/train/1.png', 'cat/test/1.png', 'dog/train/1.png']) put(join(turned, path));
    await expect(openAt(turned)).rejects.toThrow('found cat/test: splits inside of classes');
    const named = temporary();
    for (const path of ['photos/a/1.png', 'photos/b/1.png']) put(join(named, path));
    expect(Object.keys((await openAt(named)).splits)).toEqual(['photos']);
  });

  test('splits of other names are no problem: a note says which fields of a recipe they need', async () => {
    const one = temporary();
    for (const path of ['a/1.png', 'b/1.png']) put(join(one, path));
    const alone = await inspected(one);
    expect(alone.problems).toEqual([]);
    expect(alone.notes.join()).toContain(
      'train with data.train_split: all, and hold a part of it out with data.val_share',
    );
    const folds = temporary();
    for (const path of ['x/a/1.png', 'y/a/1.png']) put(join(folds, path));
    const found = await inspected(folds);
    expect(found.problems).toEqual([]);
    expect(found.notes.join()).toContain('set data.train_split to one of x, y, set data.val_split or data.val_share');
    expect((await inspected(folder)).notes.join()).toContain('a recipe reads train and test: set data.val_split: val');
  });

  test('images alone: no labels; a test folder of them beside class folders too', async () => {
    const dir = temporary();
    for (const path of ['2.png', '1.png']) put(join(dir, path));
    expect((await readSplit(await openAt(dir), 'all')).map((r) => r.label)).toEqual([-1, -1]);
    const mixed = temporary();
    for (const path of ['train/a/1.png', 'train/b/1.png', 'test/1.png']) put(join(mixed, path));
    const d = await openAt(mixed);
    expect(d.notes[0]).toContain('test/ holds images without labels');
    expect([...splitOf(d, 'test').labels]).toEqual([-1]);
    const found = await inspected(mixed);
    expect(found.splits.find((s) => s.name === 'test')).toMatchObject({ images: 1, unlabelled: 1, perClass: [0, 0] });
    expect(found.problems).toEqual([{ where: mixed, message: 'split test has no labels' }]);
  });

  test('Tiny ImageNet: val by its annotations, names by words.txt', async () => {
    const dir = temporary();
    for (const wnid of ['n02', 'n01']) put(join(dir, `train/${wnid}/images/${wnid}_0.JPEG`));
    for (const i of [0, 1, 2]) put(join(dir, `val/images/val_${i}.JPEG`));
    put(join(dir, 'test/images/test_0.JPEG'));
    put(join(dir, 'val/val_annotations.txt'), 'val_1.JPEG\tn01\t0\t0\t9\t9\nval_0.JPEG\tn02\t0\t0\t9\t9\n');
    put(join(dir, 'words.txt'), 'n01\tgoldfish, Carassius auratus\nn02\tbullfrog\nn03\tnewt\n');
    const d = await openAt(dir);
    expect(d.classNames).toEqual(['goldfish, Carassius auratus', 'bullfrog']);
    expect([...splitOf(d, 'train').labels, ...splitOf(d, 'val').labels, ...splitOf(d, 'test').labels]).toEqual([
      0, 1, 1, 0, -1, -1,
    ]);
    expect(d.problems).toEqual([
      { where: join(dir, 'val/images/val_2.JPEG'), message: 'val_annotations.txt does not name it: no label' },
    ]);
  });

  test('nothing known is refused, naming what was seen and --kind', async () => {
    const dir = temporary();
    await expect(openAt(dir)).rejects.toThrow('found an empty folder');
    put(join(dir, 'notes/readme.md'), 'x');
    put(join(dir, 'table.csv'), 'x');
    await expect(openAt(dir)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('1 folder (notes) and 1 file (table.csv) without images'),
      hint: expect.stringContaining('--kind (idx, cifar10'),
    });
    await expect(openAt(dir, 'imagefolder')).rejects.toThrow('expected folders of images');
    const around = temporary();
    cpSync(join(fixtures, 'cifar10'), join(around, 'cifar-10-batches-bin'), { recursive: true });
    await expect(openAt(around)).rejects.toMatchObject({ hint: `Give ${join(around, 'cifar-10-batches-bin')}.` });
    const two = temporary();
    cpSync(folder, two, { recursive: true });
    put(join(two, 'train.bin'), new Uint8Array(3074));
    await expect(openAt(two)).rejects.toThrow('more than one kind: cifar100 and imagefolder');
    expect((await openAt(two, 'cifar100')).kind).toBe('cifar100');
  });
});

describe("people's files as they come", () => {
  test('noise is ignored and counted, other files too', async () => {
    const dir = temporary();
    cpSync(folder, dir, { recursive: true });
    for (const path of ['.DS_Store', 'train/._ant', 'train/ant/._0.png', 'train/bee/Thumbs.db']) put(join(dir, path));
    for (const path of ['__MACOSX/ant/0.png', 'train/.ipynb_checkpoints/0.png']) put(join(dir, path));
    for (const path of ['train/ant/list.txt', 'train/ant/old.bmp', 'train/stray.png']) put(join(dir, path));
    const d = await openAt(dir);
    expect(d.notes.at(-1)).toBe(
      'ignored: hidden or system files (6), images outside the class folders (1), .bmp images, which are not read (1), files that are no images (1)',
    );
    expect(splitOf(d, 'train').count).toBe(6);
  });

  test('empty classes, a split that lacks one, names that differ in case', async () => {
    const dir = temporary();
    for (const path of ['train/Cat/1.png', 'train/cat/1.png', 'train/dog/1.png', 'val/cat/1.png']) put(join(dir, path));
    mkdirSync(join(dir, 'train/void'));
    const { problems, classNames } = await inspected(dir);
    expect(classNames).toEqual(['Cat', 'cat', 'dog', 'void']);
    expect(problems.map((p) => `${p.where.slice(dir.length)}: ${p.message}`)).toEqual([
      ': classes Cat and cat differ only in case: are they one?',
      '/train/void: a class folder without an image',
      ': split train has no image of class 3 (void)',
      ': split val has no image of 3 classes: 0 (Cat), 2 (dog), 3 (void)',
    ]);
  });

  test('linked class folders are followed, links in a circle and to nowhere are named', async () => {
    const dir = temporary();
    const elsewhere = temporary();
    put(join(elsewhere, 'far/1.png'));
    put(join(dir, 'train/near/1.png'));
    symlinkSync(join(elsewhere, 'far'), join(dir, 'train/far'));
    symlinkSync(join(dir, 'train'), join(dir, 'train/near/loop'));
    symlinkSync('/nowhere/at/all.png', join(dir, 'train/near/lost.png'));
    const d = await openAt(dir);
    expect(splitOf(d, 'train').count).toBe(2);
    expect(d.problems.map((p) => p.message).sort()).toEqual([
      'a link that leads nowhere',
      'a link to a folder that it lies in: ignored',
    ]);
  });

  test('names that are not UTF-8 are read and shown', async () => {
    const dir = temporary();
    mkdirSync(join(dir, 'train'));
    for (const name of ['b', 'gr\xfcn']) {
      const inside = Buffer.concat([Buffer.from(join(dir, 'train/')), Buffer.from(name, 'latin1')]);
      mkdirSync(inside);
      writeFileSync(Buffer.concat([inside, Buffer.from('/\xff\n.PNG', 'latin1')]), png);
    }
    const d = await openAt(dir);
    expect(d.classNames).toEqual(['b', 'gr\\xfcn']);
    const read = await readSplit(d, 'train');
    expect(read[1]).toMatchObject({ label: 1, where: join(dir, 'train/gr\\xfcn/\\xff\\x0a.PNG'), colour: [0, 100, 0] });
  });

  test('broken images are listed by path, by heads and in full', async () => {
    const dir = temporary();
    cpSync(folder, dir, { recursive: true });
    const jpeg = readFileSync(join(dir, 'train/bee/1.JPEG'));
    put(join(dir, 'train/bee/1.JPEG'), jpeg.subarray(0, jpeg.length - 40));
    put(join(dir, 'train/bee/text.jpg'), 'no image');
    put(join(dir, 'val/ant/empty.png'), '');
    const full = await inspected(dir, 'full');
    expect(full.problems.map((p) => p.where.slice(dir.length + 1)).sort()).toEqual([
      'train/bee/1.JPEG',
      'train/bee/text.jpg',
      'val/ant/empty.png',
    ]);
    expect(full.checked).toEqual({ decoded: 9, heads: 0 });
    expect(full.measured).toBe(5);
    expect(full.sizes).toEqual({ min: [8, 8], max: [12, 10] });
    const heads = await inspected(dir, 'heads');
    expect(heads.problemCount).toBe(2);
    expect([heads.checked, heads.measured, heads.mean]).toEqual([{ decoded: 0, heads: 10 }, 0, []]);
  });

  test('mean and std are those of the pixels of the training split', async () => {
    const dir = temporary();
    cpSync(join(folder, 'train/ant/0.png'), join(dir, 'train/a/1.png'));
    cpSync(join(folder, 'train/bee/0.png'), join(dir, 'train/a/2.png'));
    cpSync(join(folder, 'val/bee/0.png'), join(dir, 'val/a/1.png'));
    const { mean, std, measured } = await inspected(dir);
    expect(measured).toBe(2);
    for (const [c, value] of [0, 100 / 255, 3.5 / 255].entries()) expect(mean[c]).toBeCloseTo(value, 10);
    for (const [c, value] of [0, 0, 3.5 / 255].entries()) expect(std[c]).toBeCloseTo(value, 10);
  });
});
