// Opening a dataset on behalf of a job: its progress goes to the supervisor, its stop is obeyed.
import type { JobContext } from '../job-context.ts';
import type { Opening } from './open.ts';

export const openingOf = ({ emit, control }: JobContext): Opening => ({
  progress: (done, total, note) => emit({ type: 'progress', done, total: total ?? 0, unit: 'images', note }),
  cancelled: () => control.ending !== 'no',
});
