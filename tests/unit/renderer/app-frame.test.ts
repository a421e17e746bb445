// @vitest-environment happy-dom
// The frame around every screen: the palette by keyboard, notices, a screen that breaks, the rail.
import { flushPromises } from '@vue/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import { defineComponent, h, nextTick } from 'vue';
import App from '../../../renderer/app/App.vue';
import ScreenGuard from '../../../renderer/app/ScreenGuard.vue';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { useRuns } from '../../../renderer/stores/runs.ts';
import { mountAt, tableBackend } from './mount.ts';
import { runRow } from './rows.ts';

let unmount = () => {};
afterEach(() => {
  unmount();
  vi.useRealTimers();
});
async function frame(at = '/runs') {
  const table = tableBackend({ 'training.pause': () => null });
  const mounted = await mountAt(App, { backend: table.backend, at });
  unmount = () => mounted.wrapper.unmount();
  return { ...mounted, ...table };
}
const press = async (key: string, more: KeyboardEventInit = {}, on: EventTarget = document.body) => {
  on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  await flushPromises();
};
const combobox = () => document.querySelector<HTMLInputElement>('[role=combobox]');

test('the palette opens by its key, finds a run by a few letters and goes there', async () => {
  const { router } = await frame();
  useRuns().setAll([runRow({ id: '1-a', name: 'cosine alone' }), runRow({ id: '2-b', name: 'other' })]);
  await press('k', { ctrlKey: true });
  const input = combobox();
  if (!input) throw new Error('the palette did not open');
  input.value = 'cosal';
  input.dispatchEvent(new Event('input'));
  await flushPromises();
  const active = document.getElementById(input.getAttribute('aria-activedescendant') ?? '');
  expect(active?.textContent).toContain('cosine alone');
  expect(active?.getAttribute('aria-selected')).toBe('true');
  await press('Enter', {}, input);
  await flushPromises();
  await vi.waitFor(() => expect(router.currentRoute.value).toMatchObject({ name: 'run', params: { id: '1-a' } }));
});

test('the menu and the keys do the same; one press that comes both ways counts once', async () => {
  const { emit, router, names } = await frame('/runs/1-a');
  useRuns().setAll([runRow({ id: '1-a', status: 'running' })]);
  await flushPromises();
  await press('P', { ctrlKey: true, shiftKey: true });
  emit('menu', 'toggle-pause');
  await flushPromises();
  expect(names().filter((n) => n === 'training.pause')).toHaveLength(1);
  emit('menu', 'datasets');
  await flushPromises();
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('datasets'));
  expect(document.title).toBe('Datasets · Unsmooth');
});

test('the rail names every place, marks the one that is open, and shows what trains', async () => {
  const { wrapper, router } = await frame();
  const runs = useRuns();
  runs.setAll([runRow({ id: '1-a', name: 'mine', status: 'running' })]);
  runs.trainings = [{ id: '1-a', state: 'working', step: 500, steps: 2000, note: '', eta_s: 60, images_per_s: 700 }];
  await flushPromises();
  const links = wrapper.findAll('nav a').map((a) => a.text());
  expect(links).toEqual(
    expect.arrayContaining(['Runs', 'Compare', 'Checkpoints', 'Datasets', 'Engines', 'Settings', 'About']),
  );
  expect(wrapper.find('nav [aria-current=page]').text()).toBe('Runs');
  expect(wrapper.find('.training').text()).toContain('25 %');
  await wrapper.find('.training').trigger('click');
  await flushPromises();
  await vi.waitFor(() => expect(router.currentRoute.value.params.id).toBe('1-a'));
});

test('a notice carries its action and leaves in time, not while the pointer is on it; an error stays with its code', async () => {
  vi.useFakeTimers();
  const { wrapper } = await frame();
  const notices = useNotices();
  const run = vi.fn();
  notices.info('It was deleted', { timeout: 5000, action: { title: 'Undo', run } });
  notices.error(new Error('broken'));
  await nextTick();
  expect(wrapper.find('.notices [role=status]').text()).toContain('It was deleted.');
  expect(wrapper.find('.notices [role=alert]').text()).toContain('INTERNAL');
  await wrapper.find('.notices').trigger('pointerenter');
  vi.advanceTimersByTime(10_000);
  expect(notices.list).toHaveLength(2);
  await wrapper.find('.notices').trigger('pointerleave');
  vi.advanceTimersByTime(5000);
  await nextTick();
  expect(notices.list.map((n) => n.kind)).toEqual(['error']);
  notices.info('Again', { action: { title: 'Undo', run } });
  await nextTick();
  await wrapper
    .findAll('.notices button')
    .find((b) => b.text() === 'Undo')
    ?.trigger('click');
  expect(run).toHaveBeenCalledOnce();
  expect(notices.list.map((n) => n.text)).toEqual(['broken']);
});

test('a screen that breaks says so in its place, and can be tried again', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  let broken = true;
  const Screen = defineComponent({
    setup: () => () => {
      if (broken) throw new Error('no such thing');
      return h('p', 'all is well');
    },
  });
  const { wrapper } = await mountAt(
    defineComponent({ render: () => h(ScreenGuard, null, { default: () => h(Screen) }) }),
    tableBackend(),
  );
  unmount = () => wrapper.unmount();
  await flushPromises();
  expect(wrapper.find('[role=alert] h1').text()).toBe('This screen failed');
  expect(wrapper.text()).toContain('no such thing');
  broken = false;
  await wrapper.find('button').trigger('click');
  await flushPromises();
  expect(wrapper.text()).toBe('all is well');
  said.mockRestore();
});
