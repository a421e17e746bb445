// Every command of the window: what the menu, the palette and the keys may ask for, and what is done then.

import { computed } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { RunRow } from '../../contract/app/runs.ts';
import type { MenuCommand } from '../../contract/app-api.ts';
import { chosenOf } from '../features/compare/chosen.ts';
import { lives, resumable, useRunActions } from '../features/runs/use-run-actions.ts';
import { useNotices } from '../stores/notices.ts';
import { useRuns } from '../stores/runs.ts';
import { screenCommand } from '../ui/use-screen-command.ts';
import { about, places } from './places.ts';
import { type Keys, shortcuts } from './shortcuts.ts';

export interface Command {
  id: string;
  group: 'Actions' | 'Go to' | 'Runs';
  title: string;
  /** Said small beside the title. */
  detail?: string;
  keys?: Keys;
  run: () => unknown;
}

/** `show` opens what belongs to the frame: the palette, the list of shortcuts, the report of these runs. */
export function useCommands(show: {
  palette: () => void;
  shortcuts: () => void;
  report: (runs: string[], checkpoints: string[]) => void;
}) {
  const route = useRoute();
  const router = useRouter();
  const runs = useRuns();
  const actions = useRunActions();
  const notices = useNotices();

  /** The run that is open, else the only one that trains. */
  const current = computed<RunRow | undefined>(() => {
    if (route.name === 'run') return runs.byId.get(String(route.params.id));
    return runs.trainings.length === 1 ? runs.byId.get(runs.trainings[0]?.id ?? '') : undefined;
  });
  const canPause = computed(() =>
    current.value && ['running', 'paused'].includes(current.value.status) ? current.value : undefined,
  );
  /** What a report would be of, on this screen. */
  const reported = computed(() => {
    if (route.name === 'run') return { runs: [String(route.params.id)], checkpoints: [] };
    if (route.name === 'compare') {
      const { runs, checkpoints } = chosenOf(route.query);
      return { runs: [...runs], checkpoints: [...checkpoints] };
    }
    return { runs: [], checkpoints: [] };
  });

  function exportReport(): void {
    const { runs: ids, checkpoints } = reported.value;
    if (ids.length + checkpoints.length > 0) {
      show.report(ids, checkpoints);
      return;
    }
    notices.info('Choose the runs of the report first.', { hint: 'Mark them in the list, then export again.' });
    void router.push({ name: 'runs' });
  }

  function withTraining(work: (row: RunRow) => unknown): void {
    if (canPause.value) work(canPause.value);
    else notices.info('No run that trains is open.');
  }

  function carryOut(command: MenuCommand): void {
    const own = screenCommand(command);
    if (own) own();
    else if (command === 'palette') show.palette();
    else if (command === 'export-report') exportReport();
    else if (command === 'toggle-pause') withTraining(actions.togglePause);
    else if (command === 'save-checkpoint') withTraining((row) => actions.saveCheckpoint(row.id));
    else if (command !== 'find') void router.push({ name: command }); // finding is a matter of the screen that is open
  }

  const commands = computed<Command[]>(() => {
    const menu = (id: MenuCommand, group: Command['group'], title: string): Command => ({
      id,
      group,
      title,
      keys: shortcuts[id],
      run: () => carryOut(id),
    });
    const run = current.value;
    const out: Command[] = [
      menu('new-run', 'Actions', 'New run'),
      { id: 'example', group: 'Actions', title: 'Train the example', run: actions.trainExample },
    ];
    if (canPause.value) {
      const title = canPause.value.status === 'paused' ? 'Resume' : 'Pause';
      out.push({ ...menu('toggle-pause', 'Actions', title), detail: canPause.value.name });
      out.push({ ...menu('save-checkpoint', 'Actions', 'Save checkpoint'), detail: canPause.value.name });
    } else if (run && resumable(run))
      out.push({
        id: 'resume',
        group: 'Actions',
        title: 'Resume',
        detail: run.name,
        run: () => actions.resume(run.id),
      });
    if (run && !lives(run))
      out.push({
        id: 'duplicate',
        group: 'Actions',
        title: 'Duplicate',
        detail: run.name,
        run: () => actions.duplicate(run.id),
      });
    if (screenCommand('export-report') || reported.value.runs.length + reported.value.checkpoints.length > 0)
      out.push(menu('export-report', 'Actions', 'Export report'));
    if (screenCommand('find')) out.push(menu('find', 'Actions', 'Find'));
    out.push({
      id: 'shortcuts',
      group: 'Actions',
      title: 'Keyboard shortcuts',
      keys: { key: '?' },
      run: show.shortcuts,
    });
    for (const { name, title } of [...places, about]) out.push(menu(name, 'Go to', title));
    for (const row of runs.rows)
      out.push({
        id: `run ${row.id}`,
        group: 'Runs',
        title: row.name,
        detail: `${row.status} · ${row.id}`,
        run: () => actions.open(row.id),
      });
    return out;
  });

  return { commands, carryOut };
}
