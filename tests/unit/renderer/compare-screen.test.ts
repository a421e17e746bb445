// @vitest-environment happy-dom
// The comparison as a screen: what it asks for, what it shows when a part is missing, how the choice changes.
import { flushPromises } from '@vue/test-utils';
import { describe, expect, it, vi } from 'vitest';
import type { RunDetail, RunRow } from '../../../contract/app/runs.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { recipeSchema } from '../../../contract/recipe.ts';
import CompareScreen from '../../../renderer/features/compare/CompareScreen.vue';
import { useRuns } from '../../../renderer/stores/runs.ts';
import { useSeries } from '../../../renderer/stores/series.ts';
import { type Answers, mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

const detail = (row: RunRow, seed = 0): RunDetail =>
  ({
    row,
    run: { id: row.id, recipe: recipeSchema.parse({ version: 1, name: row.name, seed }) },
    notes: null,
    checkpoints: [],
    recipeText: '',
    problems: [],
  }) as unknown as RunDetail;

const column = (...values: number[]) => Float64Array.from(values);
const curve = () => ({ step: column(1, 2), epoch: column(0, 1), wall: column(1, 2), value: column(2, 1) });

async function open(at: string, rows: RunRow[], more: Answers = {}) {
  const table = tableBackend({
    'runs.get': ({ id }) => {
      const i = rows.findIndex((r) => r.id === id);
      const row = rows[i];
      if (!row) throw new UnsmoothError('RUN_NOT_FOUND', `there is no run ${id}`, 'Look in the list of runs.');
      return detail(row, i);
    },
    'series.curves': ({ tags }) => Object.fromEntries((tags ?? []).map((tag) => [tag, curve()])),
    'series.layers': () => [],
    'series.follow': () => null,
    'series.unfollow': () => null,
    'checkpoints.list': () => [],
    ...more,
  });
  const mounted = await mountAt(CompareScreen, { backend: table.backend, at, screen: true });
  useRuns(mounted.pinia).setAll(rows);
  await flushPromises();
  return { ...table, ...mounted, series: useSeries(mounted.pinia) };
}
const asks = (asked: { name: string; args: unknown }[], name: string) =>
  asked.filter((a) => a.name === name).map((a) => a.args);

describe('Compare', () => {
  it('says how to choose while nothing is chosen', async () => {
    const { wrapper, names } = await open('/compare', [runRow({ id: 'a' })]);
    expect(wrapper.get('h1').text()).toBe('Compare');
    expect(wrapper.text()).toContain('Add 2 to 20 runs or checkpoints');
    expect(wrapper.get('.actions button').attributes('disabled')).toBeDefined();
    expect(names()).toEqual(['checkpoints.list']);
    wrapper.unmount();
  });

  it('reads of each run the tags that are shown, and of a tag chosen later that one alone', async () => {
    const rows = [runRow({ id: 'a' }), runRow({ id: 'b' })];
    const { wrapper, asked, series } = await open('/compare?runs=a,b', rows);
    expect(asks(asked, 'series.curves')).toEqual(['a', 'b'].map((id) => ({ id, tags: ['train/loss', 'val/top1'] })));
    expect(asks(asked, 'series.follow')).toEqual([]);
    await wrapper.get('select[aria-label="Curve of Loss"]').setValue('val/loss');
    await flushPromises();
    expect(asks(asked, 'series.curves').slice(2)).toEqual(['a', 'b'].map((id) => ({ id, tags: ['val/loss'] })));
    expect(Object.keys(series.byRun.get('b')?.curves ?? {})).toEqual(['train/loss', 'val/top1', 'val/loss']);
    wrapper.unmount();
    expect(series.byRun.size).toBe(0);
  });

  it('shows a first look at all runs until each is read', async () => {
    const rows = ['a', 'b'].map((id) => runRow({ id }));
    let read = () => {};
    const whole = new Promise<void>((resolve) => {
      read = resolve;
    });
    const first = { step: column(1), epoch: column(0), wall: column(1), value: column(5) };
    const { wrapper, series } = await open('/compare?runs=a,b', rows, {
      'series.preview': ({ ids, tags }) => {
        expect(tags).toEqual(['train/loss', 'val/top1']);
        return Object.fromEntries(ids.map((id) => [id, { 'train/loss': first }]));
      },
      'series.curves': async ({ tags }) => {
        await whole;
        return Object.fromEntries((tags ?? []).map((tag) => [tag, curve()]));
      },
    });
    expect(wrapper.get('.unread').text()).toBe('2 still being read');
    expect(['a', 'b'].map((id) => [...(series.byRun.get(id)?.curves['train/loss']?.value ?? [])])).toEqual([[5], [5]]);
    read();
    await flushPromises();
    expect([...(series.byRun.get('b')?.curves['train/loss']?.value ?? [])]).toEqual([2, 1]);
    expect(wrapper.get('.unread').text()).toBe('');
    wrapper.unmount();
  });

  it('shows the others when one run is missing, and names it', async () => {
    const { wrapper, series } = await open('/compare?runs=gone,a', [runRow({ id: 'a', name: 'there' })]);
    expect(wrapper.get('.failure').text()).toContain('gone cannot be shown');
    expect(wrapper.get('.failure').text()).toContain('RUN_NOT_FOUND');
    expect(series.byRun.get('a')?.curves['train/loss']).toBeDefined();
    expect(wrapper.findAll('.results tbody th').map((c) => c.text())).toEqual(['gone', 'there']);
    wrapper.unmount();
  });

  it('follows a run that trains, and lets it go with the screen', async () => {
    const rows = [runRow({ id: 'a', status: 'running' }), runRow({ id: 'b' })];
    const { wrapper, asked } = await open('/compare?runs=a,b', rows);
    expect(asks(asked, 'series.follow')).toEqual([{ id: 'a' }]);
    expect(asks(asked, 'series.curves').map((a) => (a as { id: string }).id)).toEqual(['b']);
    wrapper.unmount();
    await flushPromises();
    expect(asks(asked, 'series.unfollow')).toEqual([{ id: 'a' }]);
  });

  it('begins to follow a run that is resumed meanwhile', async () => {
    const rows = [runRow({ id: 'a', status: 'stopped' })];
    const { wrapper, asked, pinia } = await open('/compare?runs=a', rows);
    expect(asks(asked, 'series.follow')).toEqual([]);
    useRuns(pinia).change([runRow({ id: 'a', status: 'running' })], []);
    await flushPromises();
    expect(asks(asked, 'series.follow')).toEqual([{ id: 'a' }]);
    wrapper.unmount();
  });

  it('leaves out what its button is pressed for, and forgets its numbers', async () => {
    const rows = [runRow({ id: 'a' }), runRow({ id: 'b' })];
    const { wrapper, router, series } = await open('/compare?runs=a,b', rows);
    await wrapper.get('button[aria-label="Leave out a"]').trigger('click');
    await vi.waitUntil(() => router.currentRoute.value.query.runs === 'b');
    await flushPromises();
    expect([...series.byRun.keys()]).toEqual(['b']);
    expect(wrapper.text()).toContain('Add another to compare it with.');
    wrapper.unmount();
  });

  it('orders the results by a heading', async () => {
    const rows = [runRow({ id: 'a', best_top1: 90 }), runRow({ id: 'b', best_top1: 95 })];
    const { wrapper } = await open('/compare?runs=a,b', rows);
    const names = () => wrapper.findAll('.results tbody th').map((c) => c.text());
    expect(names()).toEqual(['a', 'b']);
    const heading = wrapper.findAll('.results thead th')[1];
    await heading?.get('button').trigger('click');
    expect(names()).toEqual(['b', 'a']);
    expect(heading?.attributes('aria-sort')).toBe('descending');
    expect(wrapper.get('.seeds tbody').text()).toContain('92.50 ± 31.76 %');
    expect(wrapper.get('.recipes tbody').text()).toContain('seed');
    wrapper.unmount();
  });
});
