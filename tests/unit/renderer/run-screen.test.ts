// @vitest-environment happy-dom
// The screen of one run, apart from its charts: what it says when its run goes away, and what the user says about a run.
import { flushPromises } from '@vue/test-utils';
import { afterEach, expect, test } from 'vitest';
import type { RunDetail, RunRow } from '../../../contract/app/runs.ts';
import { parseRecipe } from '../../../contract/recipe.ts';
import type { Run } from '../../../contract/saved/run.ts';
import RunScreen from '../../../renderer/features/run/RunScreen.vue';
import { useRuns } from '../../../renderer/stores/runs.ts';
import { mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

let unmount = () => {};
afterEach(() => unmount());

const detailOf = (row: RunRow): RunDetail => ({
  row,
  run: {
    version: 1,
    id: row.id,
    status: row.status as 'queued',
    error: null,
    recipe: parseRecipe({}),
    engine: null,
    threads: 2,
    versions: {},
    dataset: null,
    init: null,
    parameters: null,
    progress: null,
    times: { created: '2026-11-25T03:05:15.134Z', started: '2026-11-25T03:05:15.134Z', ended: null, trained_s: 0 },
    attempts: 1,
    summary: { last_layer_similarity: {} } as Run['summary'], // this screen reads the row's
  },
  notes: { version: 1, name: null, tags: row.tags, notes: 'watch the warm-up', archived: false },
  checkpoints: [],
  recipeText: 'name: run\n',
  problems: [],
});

async function open(row: RunRow) {
  const table = tableBackend({
    'runs.get': () => detailOf(row),
    'runs.log': () => ({ text: '', size: 0 }),
    'series.follow': () => null,
    'series.unfollow': () => null,
  });
  const at = `/runs/${row.id}?tab=log`;
  const mounted = await mountAt(RunScreen, { backend: table.backend, at, props: { id: row.id } });
  unmount = () => mounted.wrapper.unmount();
  const runs = useRuns();
  runs.setAll([row]);
  await flushPromises();
  return { ...mounted, ...table, runs };
}

test('a run that is gone, such as one stopped while it waited, says so instead of waiting for ever', async () => {
  const { wrapper, runs } = await open(runRow({ id: '1-a', status: 'queued', step: null }));
  expect(wrapper.find('header').text()).toContain('queued');
  runs.change([], ['1-a']);
  await flushPromises();
  expect(wrapper.text()).toContain('This run is not there any more');
  expect(wrapper.find('header').text()).not.toContain('queued');
  expect(wrapper.findAll('button').some((b) => b.text() === 'Stop')).toBe(false);
});

test('tags and notes are in sight, and lead to where they are written', async () => {
  const { wrapper } = await open(runRow({ id: '1-a', tags: ['baseline', 'night'] }));
  expect(wrapper.find('.said').text()).toContain('baseline');
  expect(wrapper.find('.said').text()).toContain('watch the warm-up');
  await wrapper.find('.said button').trigger('click');
  await flushPromises();
  expect(document.body.textContent).toContain('Name, tags and notes');
});
