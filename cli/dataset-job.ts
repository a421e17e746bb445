// Reads a dataset for a command: says on stderr how far it is, and gives nothing half when the user ends it.
import { UnsmoothError } from '../contract/errors.ts';
import type { DatasetFindings } from '../contract/saved/dataset.ts';
import type { DatasetCheck, DatasetLocation, FromWorker } from '../contract/worker-api.ts';
import type { CliContext } from './context.ts';
import { runJob } from './jobs.ts';

/** Throws DATASET_NOT_FOUND, DATASET_INVALID, STOPPED. */
export async function readDatasetAt(
  dataset: DatasetLocation,
  check: DatasetCheck,
  context: CliContext,
): Promise<DatasetFindings> {
  const shown = readingProgress(context);
  try {
    const { type: _, ...found } = await runJob<'dataset'>({ type: 'dataset', dataset, check }, context, shown.heard);
    if (context.signal.aborted) throw UnsmoothError.from(context.signal.reason); // it was done before it heard
    return found;
  } finally {
    shown.end();
  }
}

/** On a terminal one line that is written over, elsewhere a line in five seconds. */
export function readingProgress(context: Pick<CliContext, 'terminal' | 'progress'>, now = () => performance.now()) {
  const every = context.terminal ? 200 : 5000;
  let said = now();
  let drawn = false;
  const clear = () => {
    if (drawn) process.stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    heard(message: FromWorker): void {
      if (message.type !== 'progress') clear();
      else if (now() - said >= every) {
        said = now();
        const text = progressText(message);
        if (context.terminal) process.stderr.write(`\r\u001b[K${text}`);
        else context.progress(text);
        drawn = context.terminal;
      }
    },
    end: clear,
  };
}

/** A total of 0: it is not known. */
function progressText({ done, total, unit, note }: Extract<FromWorker, { type: 'progress' }>): string {
  const count = done.toLocaleString('en-US');
  const far = total > 0 ? `${count}/${total.toLocaleString('en-US')}` : count;
  return `${note ? `${note}: ` : ''}${far} ${unit}`;
}
