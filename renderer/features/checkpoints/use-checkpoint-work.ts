// What can be done with one checkpoint that takes a while: measured, read anew, written as another file. One at a time, outliving the screen.
import { computed } from 'vue';
import { useRouter } from 'vue-router';
import type { CheckpointRow } from '../../../contract/app/checkpoints.ts';
import type { ExportTarget } from '../../../contract/worker-api.ts';
import { useBackend } from '../../backend/backend.ts';
import { useNotices } from '../../stores/notices.ts';
import { useJobs } from '../../ui/use-jobs.ts';
import { statisticsFor } from '../new-run/on-dataset.ts';
import { type Contents, fileName } from './checkpoint-words.ts';
import { argsOf, type MeasureForm, type Measurement, type Statistics } from './measure-form.ts';

/** The file, and which of its weights: of an import as was chosen for it. */
export function modelOf(c: CheckpointRow): { file: string; weights: string | null; heads: number | null } {
  const saved = c.origin === 'import' ? c.saved : null;
  return { file: c.file, weights: saved?.weights ?? null, heads: saved?.heads ?? null };
}

/** `changed`: results, or what is listed, are others now. */
export function useCheckpointWork(
  checkpoint: () => CheckpointRow,
  contents: () => Contents | undefined,
  changed: () => void,
) {
  const backend = useBackend();
  const notices = useNotices();
  const jobs = useJobs();
  const router = useRouter();
  const about = computed(() => `checkpoint ${checkpoint().file}`);
  /** What a failure tries again. */
  let again: () => Promise<unknown> = async () => {};

  /** True once it is done. */
  async function work(title: string, failure: string, run: (task: string) => Promise<unknown>): Promise<boolean> {
    const [what, { file }] = [about.value, checkpoint()];
    again = () => work(title, failure, run);
    failures.set(file, failure);
    const done = await jobs.run(what, title, async (task) => {
      await run(task);
      return true;
    });
    return done === true;
  }

  async function statistics(form: MeasureForm, task: string): Promise<Statistics> {
    if (form.normalise !== 'dataset' || form.dataset === null) return null;
    const found = await backend.call('datasets.describe', { name: form.dataset, task });
    return statisticsFor(found, contents()?.model?.in_chans ?? null);
  }

  /** Tells where it was written, and shows it. */
  const written = (file: string, notes: readonly string[] = []): void => {
    notices.info(`Saved as ${fileName(file)}${notes.length > 0 ? `: ${notes.join('; ')}` : ''}`, {
      timeout: 12_000,
      action: { title: 'Show', run: async () => void (await backend.call('app.showSaved', { file })) },
    });
  };

  const convert = async (): Promise<string | null> => {
    const [{ name }, model] = [checkpoint(), modelOf(checkpoint())];
    let out: string | null = null;
    await work(`Converting ${name}`, 'It was not converted', async (task) => {
      const found = await backend.call('checkpoints.convert', { ...model, task });
      if (found) written(found.out);
      out = found?.out ?? null;
    });
    return out;
  };

  return {
    about,
    busy: computed(() => jobs.store.running.has(about.value)),
    failure: computed(() => failures.get(checkpoint().file) ?? 'It did not work'),
    retry: () => void again(),
    convert,
    async measure(what: Measurement, form: MeasureForm): Promise<boolean> {
      const [{ file, name }, verb] = [checkpoint(), what === 'diagnose' ? 'Diagnosing' : 'Evaluating'];
      const done = await work(`${verb} ${name} on ${form.dataset}`, 'It was not measured', async (task) => {
        const asked = { file, task, ...argsOf(form, await statistics(form, `${task}-data`)) };
        if (what === 'evaluate') await backend.call('checkpoints.evaluate', asked);
        else await backend.call('checkpoints.diagnose', { ...asked, tap: form.tap, metrics: form.metrics });
      });
      if (done) changed();
      return done;
    },
    /** Gives it back in another form. */
    async giveBack(target: ExportTarget, imageSize: number | null): Promise<void> {
      const [{ name }, model] = [checkpoint(), modelOf(checkpoint())];
      await work(`Exporting ${name}`, 'It was not exported', async (task) => {
        const found = await backend.call('checkpoints.export', { ...model, target, imageSize, task });
        if (found) written(found.out, found.notes);
      });
    },
    /** Reads an import anew, as these weights from now on. */
    async choose(weights: string | null, heads: number | null): Promise<void> {
      const { file: path, name } = checkpoint();
      const done = await work(`Reading ${name}`, 'It cannot be read so', (task) =>
        backend.call('checkpoints.import', { path, weights, heads, task }),
      );
      if (done) changed();
    },
    /** A recipe names a file alone: of several sets of weights the one that is not its first choice becomes a file of its own. */
    async fineTune(): Promise<void> {
      const { file, weights, heads } = modelOf(checkpoint());
      const first = contents()?.weight_sets[0];
      const alone = weights !== null && weights !== first;
      const from = alone ? await convert() : file;
      if (from === null) return;
      const { run } = checkpoint();
      const query = {
        checkpoint: from,
        ...(heads === null || alone ? {} : { heads: String(heads) }),
        ...(run === null ? {} : { from: run }),
      };
      await router.push({ name: 'new-run', query });
    },
  };
}

/** Heading of a failure, by file: the work outlives the component that began it. */
const failures = new Map<string, string>();
