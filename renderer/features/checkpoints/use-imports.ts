// Adding checkpoints that no run wrote, and taking them out of the list. It knows neither table nor details.
import { ref } from 'vue';
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';
import { useBackend } from '../../backend/backend.ts';
import { useNotices } from '../../stores/notices.ts';
import { useJobs } from '../../ui/use-jobs.ts';
import { fileName, weightEndings } from './checkpoint-words.ts';

export const adding = 'adding a checkpoint';

/** `added`: the list is another; with the file that is new. */
export function useImports(added: (file: string | null) => Promise<void>) {
  const backend = useBackend();
  const notices = useNotices();
  const jobs = useJobs();
  const last = ref('');

  async function add(path: string): Promise<void> {
    if (jobs.store.running.has(adding)) {
      notices.info('One at a time: another checkpoint is being read.');
      return;
    }
    last.value = path;
    const row = await jobs.run(adding, `Reading ${fileName(path)}`, (task) =>
      backend.call('checkpoints.import', { path, task }),
    );
    if (!row) return;
    notices.info(`${row.name} was added: ${row.layout}`);
    await added(row.file);
  }

  async function choose(what: 'file' | 'folder'): Promise<void> {
    try {
      const path =
        what === 'file'
          ? await backend.call('app.chooseFile', { title: 'A file of weights', endings: [...weightEndings] })
          : await backend.call('app.chooseFolder', {
              title: 'A folder that holds a model, as on the Hugging Face Hub',
            });
      if (path !== null) await add(path);
    } catch (e) {
      notices.error(e);
    }
  }

  return {
    adding,
    add,
    choose,
    again: () => add(last.value),
    /** Their files stay; what was forgotten can be brought back as it was. */
    async forget(rows: readonly CheckpointRow[]): Promise<void> {
      const kept = rows.flatMap((r) => (r.origin === 'import' && r.saved ? [r.saved] : []));
      try {
        await backend.call('checkpoints.forget', { files: rows.map((r) => r.file) });
        const what = rows.length === 1 ? `${rows[0]?.name} is` : `${rows.length} imports are`;
        notices.info(`${what} no longer in the list; files stay where they are`, {
          timeout: 10_000,
          ...(kept.length === 0 ? {} : { action: { title: 'Undo', run: () => bringBack(kept) } }),
        });
        await added(null);
      } catch (e) {
        notices.error(e);
      }
    },
  };

  async function bringBack(
    kept: readonly { file: string; name: string; weights: string | null; heads: number | null }[],
  ) {
    try {
      for (const { file: path, name, weights, heads } of kept)
        await backend.call('checkpoints.import', { path, name, weights, heads, task: `undo ${path}`.slice(0, 100) });
    } catch (e) {
      notices.error(e);
    }
    await added(null);
  }
}
