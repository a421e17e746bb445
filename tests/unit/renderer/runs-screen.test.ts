// @vitest-environment happy-dom
// The screen of all runs: its states, and the table by keyboard alone.
import { flushPromises } from '@vue/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import type { RunRow } from '../../../contract/app/runs.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import RunsScreen from '../../../renderer/features/runs/RunsScreen.vue';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { useRuns } from '../../../renderer/stores/runs.ts';
import { type Answers, mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

let unmount = () => {};
afterEach(() => {
  unmount();
  localStorage.clear();
});

async function open(rows: readonly RunRow[] | UnsmoothError | null, answers: Answers = {}) {
  const table = tableBackend(answers);
  const mounted = await mountAt(RunsScreen, { backend: table.backend, screen: true });
  unmount = () => mounted.wrapper.unmount();
  const runs = useRuns();
  if (rows instanceof UnsmoothError) runs.failed(rows);
  else if (rows) runs.setAll(rows);
  await flushPromises();
  const button = (name: string) => mounted.wrapper.findAll('button, a').find((b) => b.text() === name);
  const key = async (name: string, more: KeyboardEventInit = {}) => {
    await mounted.wrapper.find('table').trigger('keydown', { key: name, ...more });
    await flushPromises();
  };
  const chosen = () => mounted.wrapper.findAll('tr[aria-selected="true"]').map((r) => r.find('a').text());
  return { ...mounted, ...table, runs, button, key, chosen };
}
const three = [runRow({ id: '3-c' }), runRow({ id: '2-b' }), runRow({ id: '1-a' })];

test('an empty library has one primary button, which trains the example and goes to its run', async () => {
  const { button, router, names } = await open([], { 'training.example': () => ({ id: '9-example', notes: [] }) });
  await button('Train the example')?.trigger('click');
  await flushPromises();
  expect(names()).toContain('training.example');
  await vi.waitFor(() => expect(router.currentRoute.value.params.id).toBe('9-example'));
});

test('a list that cannot be read says why and is asked for again', async () => {
  const { wrapper, button } = await open(new UnsmoothError('FILE_IO', 'permission denied', 'Check the path.'), {
    'runs.list': () => [...three],
  });
  expect(wrapper.find('[role=alert]').text()).toContain('FILE_IO');
  await button('Try again')?.trigger('click');
  await flushPromises();
  expect(wrapper.findAll('tr.run')).toHaveLength(3);
});

test('rows are chosen by keys: one, a range, all, none', async () => {
  const { key, chosen, wrapper } = await open(three);
  await wrapper.find('table').trigger('focus');
  await key(' ');
  expect(chosen()).toEqual(['3-c']);
  await key('ArrowDown', { shiftKey: true });
  expect(chosen()).toEqual(['3-c', '2-b']);
  await key('a', { ctrlKey: true });
  expect(chosen()).toEqual(['3-c', '2-b', '1-a']);
  await key('Escape');
  expect(chosen()).toEqual([]);
  const active = wrapper.find('table').attributes('aria-activedescendant');
  expect(wrapper.find(`[id="${active}"] a`).text()).toBe('2-b');
});

test('two chosen runs can be compared, one cannot', async () => {
  const { key, button, router, wrapper } = await open(three);
  await wrapper.find('table').trigger('focus');
  await key(' ');
  expect(button('Compare')?.attributes('disabled')).toBeDefined();
  await key('ArrowDown', { shiftKey: true });
  await button('Compare')?.trigger('click');
  await flushPromises();
  await vi.waitFor(() =>
    expect(router.currentRoute.value).toMatchObject({ name: 'compare', query: { runs: '3-c,2-b' } }),
  );
});

test('Enter opens the active run, F2 renames it', async () => {
  const { key, wrapper, router, asked } = await open(three, {
    'runs.note': ({ id, name }) => runRow({ id, name: String(name) }),
  });
  await wrapper.find('table').trigger('focus');
  await key('ArrowDown');
  await key('F2');
  const input = wrapper.find<HTMLInputElement>('input.rename');
  await input.setValue('better');
  await input.trigger('keydown', { key: 'Enter' });
  await flushPromises();
  expect(asked.at(-1)).toEqual({ name: 'runs.note', args: { id: '2-b', name: 'better' } });
  expect(wrapper.find('tr.active a').text()).toBe('better');
  await key('Enter');
  await vi.waitFor(() => expect(router.currentRoute.value).toMatchObject({ name: 'run', params: { id: '2-b' } }));
});

test('Delete puts the chosen runs away, Undo brings them back', async () => {
  const { key, wrapper, runs, asked } = await open(three, {
    'runs.remove': () => ({ token: 't', undoMs: 8000 }),
    'removed.undo': () => null,
    'runs.list': () => [...three],
  });
  await wrapper.find('table').trigger('focus');
  await key(' ');
  await key('Delete');
  expect(asked.at(-1)).toEqual({ name: 'runs.remove', args: { ids: ['3-c'] } });
  expect(runs.rows.map((r) => r.id)).toEqual(['2-b', '1-a']);
  const [notice] = useNotices().list;
  expect(notice).toMatchObject({ kind: 'info', timeout: 8000, action: { title: 'Undo' } });
  await notice?.action?.run();
  expect(asked.find((a) => a.name === 'removed.undo')?.args).toEqual({ token: 't' });
  expect(runs.rows).toHaveLength(3);
});

test('a run that trains is not deleted: it is said, nothing is asked', async () => {
  const { key, wrapper, names } = await open([runRow({ id: '1-a', status: 'running' })]);
  await wrapper.find('table').trigger('focus');
  await key('Delete');
  expect(names()).not.toContain('runs.remove');
  expect(useNotices().list[0]).toMatchObject({ kind: 'error', code: 'RUN_ALIVE' });
});

test('an interrupted run is offered to be resumed', async () => {
  const { wrapper, asked } = await open([...three, runRow({ id: '4-d', status: 'interrupted' })], {
    'training.resume': () => ({ notes: [] }),
  });
  expect(wrapper.text()).toContain('1 run was interrupted: 4-d.');
  await wrapper
    .findAll('.banner button')
    .find((b) => b.text() === 'Resume')
    ?.trigger('click');
  await flushPromises();
  expect(asked.at(-1)).toEqual({ name: 'training.resume', args: { id: '4-d' } });
});

test('an interruption that was dismissed is told again when the run went on and was interrupted once more', async () => {
  const interrupted = runRow({ id: '4-d', status: 'interrupted' });
  const { wrapper, runs } = await open([...three, interrupted]);
  await wrapper
    .findAll('.banner button')
    .find((b) => b.text() === 'Dismiss')
    ?.trigger('click');
  expect(wrapper.find('.banner').exists()).toBe(false);
  runs.change([runRow({ id: '4-d', status: 'running' })], []);
  await flushPromises();
  runs.change([interrupted], []);
  await flushPromises();
  expect(wrapper.find('.banner').text()).toContain('4-d');
});

test('a training that goes on changes its row where it stands', async () => {
  const { wrapper, runs } = await open([runRow({ id: '2-b', status: 'running', step: 100 }), runRow({ id: '1-a' })]);
  const row = wrapper.find('tr.run').element;
  runs.change([runRow({ id: '2-b', status: 'running', step: 1250 })], []);
  await flushPromises();
  expect(wrapper.find('tr.run').element).toBe(row);
  expect(wrapper.find('tr.run .visually-hidden').text()).toBe('50 %');
});

test('of a thousand runs only those in sight are in the page; all are counted', async () => {
  const many = Array.from({ length: 1000 }, (_, i) => runRow({ id: String(i).padStart(4, '0') }));
  const { wrapper } = await open(many);
  expect(wrapper.findAll('tr.run').length).toBeLessThan(60);
  expect(wrapper.find('table').attributes('aria-rowcount')).toBe('1001');
  expect(wrapper.text()).toContain('1,000 runs');
});
