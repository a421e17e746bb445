// Answers kept from a real library, for a plain browser: the window's pages without Electron, without a worker.
// `recorded/answers.json` holds answers by call and arguments; the numbers of a run come from its own files below `recorded/runs/`.

import type { Curve, Curves, LayerProbe } from '../../contract/app/series.ts';
import {
  type AnswerOf,
  type AppEvents,
  type CallName,
  type CheckedArgsOf,
  calls,
  type EventName,
} from '../../contract/app-api.ts';
import { UnsmoothError } from '../../contract/errors.ts';
import { decodeNumber } from '../../contract/numbers.ts';
import { decodeList, layersLine, metricsLine, readLines } from '../../contract/saved/lines.ts';
import type { Settings } from '../../contract/saved/settings.ts';
import type { Backend } from './backend.ts';

async function text(url: URL): Promise<string> {
  const response = await fetch(url);
  return response.ok ? response.text() : '';
}

async function curvesOf(folder: URL): Promise<Curves> {
  const { lines } = readLines(await text(new URL('metrics.jsonl', folder)), metricsLine);
  const tags = [...new Set(lines.flatMap((line) => Object.keys(line)))].filter((t) => t.includes('/'));
  return Object.fromEntries(
    tags.map((tag): [string, Curve] => {
      const having = lines.filter((line) => line[tag] !== undefined);
      const column = (of: (line: (typeof lines)[number]) => number) => Float64Array.from(having, of);
      return [
        tag,
        {
          step: column((l) => l.step),
          epoch: column((l) => l.epoch),
          wall: column((l) => l.wall),
          value: column((l) => decodeNumber(l[tag] ?? Number.NaN)),
        },
      ];
    }),
  );
}

async function layersOf(folder: URL): Promise<LayerProbe[]> {
  const { lines } = readLines(await text(new URL('layers.jsonl', folder)), layersLine, (l) => `${l.step} ${l.tap}`);
  return lines.map(({ step, epoch, probe, tap, metrics, spread }) => ({
    step,
    epoch,
    ...probe,
    tap,
    metrics: Object.fromEntries(Object.entries(metrics).map(([id, values]) => [id, decodeList(values)])),
    spread: Object.fromEntries(
      Object.entries(spread).map(([id, { q10, q90 }]) => [id, { q10: decodeList(q10), q90: decodeList(q90) }]),
    ),
  }));
}

/** What a recording pretends for the sake of looking at a screen: no library yet, answers that do not come, a library that fails. */
export const recordedStates = ['full', 'empty', 'loading', 'failing'] as const;
export type RecordedState = (typeof recordedStates)[number];
/** Answered in every state: without them there is no window to look at. */
const always: readonly CallName[] = ['app.settings', 'app.info', 'training.states', 'training.presets'];

function pretend<T>(state: RecordedState, name: CallName, answer: () => Promise<T>): Promise<T> {
  if (state === 'full' || always.includes(name)) return answer();
  if (state === 'loading') return new Promise(() => {});
  if (state === 'failing')
    return Promise.reject(
      new UnsmoothError(
        'FILE_IO',
        'the library cannot be read: permission denied',
        'Check the path and its permissions.',
      ),
    );
  return answer().then((full) => (Array.isArray(full) ? ([] as T) : full));
}

/** `folder` ends with a slash. */
export async function recordedBackend(folder: URL, state: RecordedState = 'full'): Promise<Backend> {
  const response = await fetch(new URL('answers.json', folder));
  if (!response.ok) throw new Error('there is no recording beside this page');
  const answers: Record<string, unknown> = JSON.parse(await response.text(), withBytes);
  const listeners = new Map<EventName, Set<(data: never) => void>>();
  const emit = <E extends EventName>(event: E, data: AppEvents[E]) => {
    for (const listener of listeners.get(event) ?? []) listener(data as never);
  };
  const runFolder = (args: unknown) => new URL(`runs/${(args as { id: string }).id}/`, folder);

  /** Calls that are answered from files or that change nothing here. */
  const own: { [N in CallName]?: (args: CheckedArgsOf<N>) => Promise<AnswerOf<N>> } = {
    'series.curves': async (args) => {
      const curves = await curvesOf(runFolder(args));
      const { tags } = args;
      return tags === null ? curves : Object.fromEntries(Object.entries(curves).filter(([tag]) => tags.includes(tag)));
    },
    'series.preview': async () => ({}), // its runs are short
    'series.layers': (args) => layersOf(runFolder(args)),
    'series.follow': async (args) => {
      const [curves, layers] = await Promise.all([curvesOf(runFolder(args)), layersOf(runFolder(args))]);
      emit('series', { id: args.id, whole: true, curves, layers });
      return null;
    },
    'series.unfollow': async () => null,
    'app.setSettings': async (args) => {
      const settings = { ...(answers['app.settings'] as Settings), ...args };
      answers['app.settings'] = settings;
      return settings;
    },
  };

  return {
    kind: 'recorded',
    async call<N extends CallName>(name: N, args: unknown): Promise<AnswerOf<N>> {
      const checked = calls[name].args.parse(args) as CheckedArgsOf<N>;
      const answer = own[name] as ((args: CheckedArgsOf<N>) => Promise<AnswerOf<N>>) | undefined;
      return pretend(state, name, async () => {
        if (answer) return answer(checked);
        const found = answers[`${name} ${keyOf(checked)}`] ?? answers[name];
        if (found === undefined)
          throw new UnsmoothError('INPUT_INVALID', `${name} is not part of this recording`, 'Open the program itself.');
        return structuredClone(found) as AnswerOf<N>;
      });
    },
    pathOf: () => '', // a browser does not say
    on<E extends EventName>(event: E, listener: (data: AppEvents[E]) => void) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => set.delete(listener);
    },
  };
}

/** Bytes are kept as {"$bytes": base64}. */
function withBytes(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bytes' in value)) return value;
  return Uint8Array.from(atob(String(value.$bytes)), (c) => c.charCodeAt(0));
}

/** The arguments that tell answers apart: not the name of a task, not how much of a log. */
const keyOf = (args: object): string => JSON.stringify({ ...args, task: undefined, bytes: undefined });
