// Reads what is compared: a first look at all runs together, then details, chosen curves and probes of each, run by run. Runs that
// train are followed. What one run lacks keeps none of the others from being shown.
import { computed, onScopeDispose, shallowReactive, watch } from 'vue';
import type { RunDetail } from '../../../contract/app/runs.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { useBackend } from '../../backend/backend.ts';
import { useFollow } from '../../charts/use-follow.ts';
import { useRuns } from '../../stores/runs.ts';
import { useSeries } from '../../stores/series.ts';
import { lives } from '../runs/use-run-actions.ts';

/** Runs that are read at the same time: answers come in order, and the disk is not idle between them. */
const atOnce = 2;

/** `ids` and `tags` are read reactively. Curves and probes go to the series store. */
export function useCompared(ids: () => readonly string[], tags: () => readonly string[]) {
  const backend = useBackend();
  const runs = useRuns();
  const series = useSeries();
  const details = shallowReactive(new Map<string, RunDetail>());
  const failures = shallowReactive(new Map<string, UnsmoothError>());
  /** Runs that were alive since they are looked at; they stay followed to the end. */
  const alive = shallowReactive(new Set<string>());
  /** Tags of each run that were asked for, whether it has them or not. */
  const asked = new Map<string, Set<string>>();
  const probed = new Set<string>();
  const reading = shallowReactive(new Set<string>());
  /** Runs of which all that was asked for is there, or will not come. */
  const whole = shallowReactive(new Set<string>());
  const waiting: string[] = [];
  /** The runs of now; none once the screen is left. */
  const held = new Set<string>();

  const isAlive = (id: string): boolean => {
    const row = runs.byId.get(id);
    return row !== undefined && lives(row);
  };
  const wanted = (id: string) => held.has(id);
  const follow = useFollow(() => ids().filter((id) => alive.has(id)));

  async function read(id: string): Promise<void> {
    try {
      const detail = details.get(id) ?? (await backend.call('runs.get', { id }));
      if (!wanted(id)) return;
      details.set(id, detail);
      if (lives(runs.byId.get(id) ?? detail.row)) alive.add(id);
      if (!alive.has(id)) await readNumbers(id);
    } catch (e) {
      if (wanted(id)) failures.set(id, UnsmoothError.from(e));
    }
    if (wanted(id)) whole.add(id);
  }
  async function readNumbers(id: string): Promise<void> {
    const missing = missingTags(id);
    const [curves, layers] = await Promise.all([
      missing.length > 0 ? backend.call('series.curves', { id, tags: missing }) : {},
      probed.has(id) ? undefined : backend.call('series.layers', { id }),
    ]);
    if (!wanted(id) || alive.has(id)) return;
    asked.set(id, new Set([...(asked.get(id) ?? []), ...missing]));
    if (layers) probed.add(id);
    series.add(id, layers ? { curves, layers } : { curves });
  }
  const missingTags = (id: string): string[] => tags().filter((tag) => !asked.get(id)?.has(tag));

  /** What can be shown at once of these runs; then they are read. */
  async function lookAt(ids: readonly string[]): Promise<void> {
    for (const id of ids) whole.delete(id);
    try {
      const first = await backend.call('series.preview', { ids: [...ids], tags: [...tags()] });
      for (const [id, curves] of Object.entries(first)) {
        const lacking = Object.entries(curves).filter(([tag]) => missingTags(id).includes(tag));
        if (wanted(id) && !alive.has(id)) series.add(id, { curves: Object.fromEntries(lacking) });
      }
    } catch {} // a run that cannot be read says so below
    for (const id of ids) if (wanted(id)) enqueue(id);
  }

  function enqueue(id: string): void {
    failures.delete(id);
    whole.delete(id);
    if (!waiting.includes(id)) waiting.push(id);
    while (reading.size < atOnce && work()) {}
  }
  /** False where nothing waits that could be begun. */
  function work(): boolean {
    const at = waiting.findIndex((id) => !reading.has(id));
    const [id] = at < 0 ? [] : waiting.splice(at, 1);
    if (id === undefined) return false;
    if (!wanted(id)) return true;
    reading.add(id);
    void read(id).finally(() => {
      reading.delete(id);
      while (reading.size < atOnce && work()) {}
    });
    return true;
  }
  function forget(id: string): void {
    held.delete(id);
    for (const kept of [details, failures, alive, asked, probed, whole]) kept.delete(id);
    series.forget(id);
  }

  watch(
    () => [...ids()],
    (now, before = []) => {
      for (const id of before) if (!now.includes(id)) forget(id);
      const more = now.filter((id) => !before.includes(id));
      for (const id of more) held.add(id);
      if (more.length > 0) void lookAt(more);
    },
    { immediate: true },
  );
  watch(
    () => [...tags()],
    () => {
      const read = ids().filter((id) => !alive.has(id));
      if (read.length > 0) void lookAt(read);
    },
  );
  watch(
    () => ids().filter((id) => !alive.has(id) && details.has(id) && isAlive(id)),
    (started) => {
      for (const id of started) alive.add(id);
    },
  );
  onScopeDispose(() => {
    for (const id of [...held]) forget(id);
  });

  return {
    details,
    /** Runs whose numbers are on their way. */
    unread: computed(() => ids().filter((id) => !whole.has(id)).length),
    /** Why a run cannot be shown, or not wholly. */
    failure: (id: string): UnsmoothError | undefined => failures.get(id) ?? follow.failures.get(id),
    again(id: string): void {
      if (follow.failures.has(id)) void follow.again(id);
      else enqueue(id);
    },
  };
}
