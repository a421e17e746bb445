// Which buttons of a run do something in which state, and why the others do not. Pure; knows no component.
import type { RunRow } from '../../../contract/app/runs.ts';
import { liveStatuses, type RunStatus } from '../../../contract/saved/run.ts';

/** Empty: the button works. Else one sentence why it does not. */
export type Reason = string;

export interface RunButtons {
  /** What the first button is: it holds the run or lets it go on. */
  hold: 'Pause' | 'Resume';
  /** A paused run goes on where it stands; an ended one starts again from its last checkpoint. */
  resumes: 'continue' | 'restart';
  holdReason: Reason;
  stopReason: Reason;
  checkpointReason: Reason;
  duplicateReason: Reason;
  folderReason: Reason;
  reportReason: Reason;
}

const isLive = (status: RunRow['status']): status is RunStatus => (liveStatuses as readonly string[]).includes(status);

/** `recorded`: a recording is looked at, nothing can be done. */
export function runButtons(row: Pick<RunRow, 'status' | 'elsewhere'>, recorded: boolean): RunButtons {
  const { status, elsewhere } = row;
  const live = isLive(status);
  const unreadable = status === 'newer' || status === 'broken' ? 'This run cannot be read by this version.' : '';
  const recording = recorded ? 'This is a recording: nothing can be started or changed here.' : '';
  const barred =
    recording ||
    unreadable ||
    (elsewhere && live ? 'Another program trains this run: it can be watched here, not steered.' : '');
  const steered = (states: readonly RunRow['status'][], otherwise: Reason): Reason =>
    barred || (states.includes(status) ? '' : otherwise);

  const hold = live && status !== 'paused' ? 'Pause' : 'Resume';
  const holdReason =
    hold === 'Pause'
      ? steered(['running'], holdWords[status as RunStatus] ?? '')
      : barred || (status === 'done' ? 'The run is done: all its steps were trained.' : '');
  return {
    hold,
    resumes: live ? 'continue' : 'restart',
    holdReason,
    stopReason: steered(
      ['queued', 'starting', 'compiling', 'running', 'paused'],
      status === 'stopping' ? 'It is stopping already.' : 'It does not run.',
    ),
    checkpointReason: steered(['running', 'paused'], live ? 'It does not train yet.' : 'It does not run.'),
    duplicateReason: unreadable,
    folderReason: recording,
    reportReason: unreadable,
  };
}

const holdWords: Partial<Record<RunStatus, Reason>> = {
  queued: 'It waits for another job on its device.',
  starting: 'It is starting.',
  compiling: 'It is compiling its first step.',
  stopping: 'It is stopping.',
};

/** A run that ended otherwise than well: what to say above its charts. */
export function endedWords(
  row: Pick<RunRow, 'status' | 'reason' | 'step' | 'steps'>,
): { title: string; advice: string } | null {
  const at = row.step === null ? '' : ` at step ${row.step.toLocaleString('en-US')}`;
  if (row.status === 'failed')
    return { title: `The run failed${at}`, advice: 'Resume goes on from its last checkpoint.' };
  if (row.status === 'diverged')
    return {
      title: `The loss stopped being finite${at}`,
      advice:
        'Its last good checkpoint is kept. Duplicate it with a lower learning rate, or resume from the checkpoint.',
    };
  if (row.status === 'interrupted')
    return {
      title: `The run was interrupted${at}`,
      advice: row.step === null ? 'Resume starts it.' : 'Resume goes on from its last checkpoint.',
    };
  if (row.status === 'newer')
    return { title: 'This run was written by a newer version', advice: 'Update this program to see all of it.' };
  if (row.status === 'broken') return { title: 'This run cannot be read', advice: 'Its folder is left as it is.' };
  return null;
}
