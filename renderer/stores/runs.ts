// All runs of the library as rows, newest first; fed by app/sync.ts.
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { RunRow } from '../../contract/app/runs.ts';
import type { TrainingState } from '../../contract/app/training.ts';
import { UnsmoothError } from '../../contract/errors.ts';

export const useRuns = defineStore('runs', () => {
  const rows = shallowRef<readonly RunRow[]>([]);
  /** False until the first list has come, or has failed to. */
  const loaded = ref(false);
  /** Why the list could not be read. */
  const failure = shallowRef<UnsmoothError | null>(null);
  const trainings = shallowRef<readonly TrainingState[]>([]);
  const byId = computed(() => new Map(rows.value.map((r) => [r.id, r])));
  return {
    rows,
    loaded,
    failure,
    trainings,
    byId,
    training: (id: string): TrainingState | undefined => trainings.value.find((t) => t.id === id),
    setAll(list: readonly RunRow[]): void {
      rows.value = [...list].sort((a, b) => b.id.localeCompare(a.id));
      loaded.value = true;
      failure.value = null;
    },
    failed(e: unknown): void {
      loaded.value = true;
      failure.value = UnsmoothError.from(e);
    },
    change(changed: readonly RunRow[], removed: readonly string[]): void {
      const gone = new Set([...removed, ...changed.map((r) => r.id)]);
      rows.value = [...changed, ...rows.value.filter((r) => !gone.has(r.id))].sort((a, b) => b.id.localeCompare(a.id));
    },
  };
});
