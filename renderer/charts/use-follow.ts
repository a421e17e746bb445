// Follows runs while a screen is open: their numbers stream into the store, and are forgotten when nobody looks any more.
import { onScopeDispose, shallowReactive, watch } from 'vue';
import { UnsmoothError } from '../../contract/errors.ts';
import { useBackend } from '../backend/backend.ts';
import { useSeries } from '../stores/series.ts';

/** `ids` is read reactively. Of each run that could not be followed, why. */
export function useFollow(ids: () => readonly string[]) {
  const backend = useBackend();
  const series = useSeries();
  const failures = shallowReactive(new Map<string, UnsmoothError>());
  const followed = new Set<string>();

  async function follow(id: string): Promise<void> {
    if (!followed.has(id)) series.follow(id);
    followed.add(id);
    failures.delete(id);
    try {
      await backend.call('series.follow', { id });
    } catch (e) {
      failures.set(id, UnsmoothError.from(e));
    }
  }
  async function leave(id: string): Promise<void> {
    followed.delete(id);
    if (!series.unfollow(id)) return;
    try {
      await backend.call('series.unfollow', { id });
    } catch (e) {
      failures.set(id, UnsmoothError.from(e));
    }
  }
  watch(
    ids,
    (now) => {
      for (const id of [...followed]) if (!now.includes(id)) void leave(id);
      for (const id of now) if (!followed.has(id)) void follow(id);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    for (const id of [...followed]) void leave(id);
  });
  return { failures, again: follow };
}
