// One run's probes less another's, layer by step, with the words that say how they were matched. Pure.
import type { LayerProbe } from '../../../contract/app/series.ts';
import { fieldDifference } from '../../../core/layers.ts';
import { fieldOf, type LayerChoice } from '../run/layer-choice.ts';

export interface Difference {
  xs: Float64Array;
  columns: number[][];
  /** Its middle is 0: no difference. */
  range: readonly [number, number];
  /** Empty where nothing could be matched. */
  words: string;
}

export function differenceOf(
  a: { name: string; probes: readonly LayerProbe[] },
  b: { name: string; probes: readonly LayerProbe[] },
  choice: LayerChoice,
): Difference {
  const { steps, columns, layers, apart, left } = fieldDifference(fieldOf(a.probes, choice), fieldOf(b.probes, choice));
  let most = 0;
  for (const column of columns)
    for (const v of column) if (Math.abs(v) > most && Number.isFinite(v)) most = Math.abs(v);
  const end = most || 1;
  const counted = (n: number, one: string) => `${n.toLocaleString('en-US')} ${one}${n === 1 ? '' : 's'}`;
  const words = [
    `${a.name} − ${b.name}, layers 0 to ${layers - 1}, at ${counted(steps.length, 'probe')}.`,
    apart === 0
      ? 'Both were probed at the same steps.'
      : `Each probe of ${a.name} stands beside the nearest of ${b.name}, at most ${counted(apart, 'step')} away.`,
    left === 0
      ? ''
      : `${counted(left, 'probe')} of ${a.name} ${left === 1 ? 'has' : 'have'} none near enough and ${left === 1 ? 'is' : 'are'} left out.`,
  ];
  return {
    xs: Float64Array.from(steps),
    columns,
    range: [-end, end],
    words: columns.length === 0 ? '' : words.filter(Boolean).join(' '),
  };
}
