// What can be done to a run from a list, a palette or a menu: asks the backend, tells the stores, says what happened.
import { useRouter } from 'vue-router';
import type { RunRow } from '../../../contract/app/runs.ts';
import type { ArgsOf } from '../../../contract/app-api.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { liveStatuses } from '../../../contract/saved/run.ts';
import { useBackend } from '../../backend/backend.ts';
import { useNotices } from '../../stores/notices.ts';
import { useRuns } from '../../stores/runs.ts';

export const lives = (row: RunRow): boolean => (liveStatuses as readonly string[]).includes(row.status);
/** Ended before its last step, in whatever way. */
export const resumable = (row: RunRow): boolean =>
  (['stopped', 'interrupted', 'failed', 'diverged'] as const).some((s) => s === row.status);

export function useRunActions() {
  const backend = useBackend();
  const router = useRouter();
  const notices = useNotices();
  const runs = useRuns();

  /** A failure is said, and the promise is false. */
  async function said(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (e) {
      notices.error(e);
      return false;
    }
  }
  const remarks = (notes: readonly string[]) => {
    for (const note of notes) notices.info(note, { timeout: 8000 });
  };
  const reload = async () => runs.setAll(await backend.call('runs.list', {}));

  return {
    open: (id: string) => router.push({ name: 'run', params: { id } }),
    duplicate: (id: string) => router.push({ name: 'new-run', query: { from: id } }),
    compare: (ids: readonly string[]) =>
      router.push({ name: 'compare', query: { runs: ids.map(encodeURIComponent).join(',') } }),
    openFolder: (id: string) => said(() => backend.call('runs.openFolder', { id })),
    reload: async () => {
      runs.loaded = false;
      runs.failure = null;
      await reload().catch((e: unknown) => runs.failed(e));
    },
    /** Starts the example and goes to its run. */
    trainExample: () =>
      said(async () => {
        const { id, notes } = await backend.call('training.example', {});
        remarks(notes);
        await router.push({ name: 'run', params: { id } });
      }),
    resume: (id: string) =>
      said(async () => {
        remarks((await backend.call('training.resume', { id })).notes);
        await router.push({ name: 'run', params: { id } });
      }),
    /** Pauses a run that trains, lets a paused one go on. */
    togglePause: (row: RunRow) =>
      said(() => backend.call(row.status === 'paused' ? 'training.continue' : 'training.pause', { id: row.id })),
    saveCheckpoint: (id: string) =>
      said(async () => {
        await backend.call('training.checkpoint', { id });
        notices.info('A checkpoint is being saved.');
      }),
    note: (args: ArgsOf<'runs.note'>) => said(async () => runs.change([await backend.call('runs.note', args)], [])),
    /** Puts runs away, with time to undo it. Runs that train are refused here, in words. */
    remove: (rows: readonly RunRow[]) =>
      said(async () => {
        const alive = rows.filter(lives);
        if (alive.length > 0)
          throw new UnsmoothError(
            'RUN_ALIVE',
            alive.length === 1
              ? `${alive[0]?.name} is ${alive[0]?.status}: a run that trains cannot be deleted`
              : `${alive.length} of these runs train: they cannot be deleted`,
            'Stop it first, then delete it.',
          );
        const ids = rows.map((r) => r.id);
        const { token, undoMs } = await backend.call('runs.remove', { ids });
        runs.change([], ids);
        notices.info(rows.length === 1 ? `${rows[0]?.name} was deleted.` : `${rows.length} runs were deleted.`, {
          timeout: undoMs,
          action: {
            title: 'Undo',
            run: async () => {
              await backend.call('removed.undo', { token });
              await reload();
            },
          },
        });
      }),
  };
}
