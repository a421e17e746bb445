// Labels as files hold them, numbers or words, until all are known and become classes 0 … n-1.
import { UnsmoothError } from '../../contract/errors.ts';
import type { SplitWriter } from './index-writer.ts';
import { labelMap } from './label-map.ts';
import { listed } from './names.ts';

/** More classes than any data set has: then it was something else that was read. */
const mostClasses = 100_000;

export class RawLabels {
  private readonly ids = new Map<number | string, number>();
  /** Of each id the file it was first met in. */
  private readonly files: string[] = [];

  /** Place of a label of `file` among those seen; -1: none. Throws DATASET_INVALID where there are too many. */
  id(label: number | string | null, file: string): number {
    if (label === null || label === -1) return -1;
    const known = this.ids.get(label);
    if (known !== undefined) return known;
    if (this.ids.size >= mostClasses)
      throw new UnsmoothError(
        'DATASET_INVALID',
        `${file}: there are more than ${mostClasses} different labels`,
        'Is that column a class?',
      );
    this.ids.set(label, this.ids.size);
    this.files.push(file);
    return this.ids.size - 1;
  }

  /** Ids in `splits` become classes. `names`: those that the files give, by label. Throws DATASET_INVALID. */
  settle(
    splits: readonly SplitWriter[],
    names: readonly string[] | null,
  ): { classes: number; classNames: string[] | null; note: string | null } {
    const { places, ...settled } = this.classes(names);
    for (const { labels } of splits) {
      const bytes = labels.bytes();
      for (let at = 0; at < bytes.length; at += 4) {
        const id = bytes.readInt32LE(at);
        if (id >= 0) bytes.writeInt32LE(places[id]!, at);
      }
    }
    return settled;
  }

  /** Of each id its class. */
  private classes(names: readonly string[] | null): {
    places: number[];
    classes: number;
    classNames: string[] | null;
    note: string | null;
  } {
    const labels = [...this.ids.keys()];
    const numbers = labels.filter((y) => typeof y === 'number');
    const bad = numbers.find((y) => !Number.isInteger(y) || y < 0);
    if (bad !== undefined) throw this.refused(bad, 'a whole number from 0, or -1 for none');
    if (numbers.length < labels.length) {
      const words = labels.map(String).sort((a, b) => (a < b ? -1 : 1));
      const places = new Map(words.map((w, i) => [w, i]));
      const note = `labels are words: numbered in alphabetical order, ${listed(words, 3)}`;
      return { places: labels.map((y) => places.get(String(y))!), classes: words.length, classNames: words, note };
    }
    if (names) {
      const beyond = numbers.find((y) => y >= names.length);
      if (beyond !== undefined) throw this.refused(beyond, `0 to ${names.length - 1}, the classes that the files name`);
      return { places: numbers, classes: names.length, classNames: [...names], note: null };
    }
    const map = labelMap(numbers);
    const places = numbers.map((y) => map.of(y) ?? -1);
    return { places, classes: map.classes, classNames: map.from?.map(String) ?? null, note: map.note };
  }

  private refused(label: number, expected: string): UnsmoothError {
    const where = this.files[this.ids.get(label) ?? -1] ?? '';
    const message = `label ${label}: expected ${expected}`;
    return new UnsmoothError('DATASET_INVALID', `${where}: ${message}`, 'Correct the labels.', [{ where, message }]);
  }
}
