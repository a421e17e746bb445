// @vitest-environment happy-dom
// Engines, settings, about: what can be done with an engine and what is said before; choices kept at once; licences found.
import { flushPromises } from '@vue/test-utils';
import { afterEach, describe, expect, test } from 'vitest';
import type { EngineRow } from '../../../contract/app/engines.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { defaultSettings } from '../../../contract/saved/settings.ts';
import { findLicences, licenceCounts } from '../../../renderer/features/about/licences.ts';
import EnginesScreen from '../../../renderer/features/engines/EnginesScreen.vue';
import { actionsOf, installWords } from '../../../renderer/features/engines/engine-words.ts';
import SettingsScreen from '../../../renderer/features/settings/SettingsScreen.vue';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { useSettings } from '../../../renderer/stores/settings.ts';
import { useTasks } from '../../../renderer/stores/tasks.ts';
import { formatBytes } from '../../../renderer/ui/bytes.ts';
import { mountAt, tableBackend } from './mount.ts';

const engine = (more: Partial<EngineRow> = {}): EngineRow => ({
  name: 'cuda',
  state: 'missing',
  version: 'TensorFlow 2.21.0, CUDA 12.9',
  bytes: 5_673_719_348,
  fetchBytes: 3_379_649_224,
  folder: null,
  device: null,
  why: '',
  get: 'unsmooth engines install cuda',
  chosen: false,
  speed: null,
  ...more,
});
const button = (name: string) =>
  [...document.querySelectorAll('button')]
    .filter((b) => (b.getAttribute('aria-label') ?? b.textContent?.trim()) === name)
    .at(-1);
afterEach(() => document.body.replaceChildren());

test('sizes', () => {
  expect([0, 999, 1000, 7_300_088, 853_407_704, 999_960_000, 3_379_649_224].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '7.3 MB',
    '853 MB',
    '1.0 GB',
    '3.4 GB',
  ]);
});

describe('engines', () => {
  test('what can be done depends on the state', () => {
    const no = { install: false, mend: false, remove: false, measure: false };
    expect(actionsOf(engine())).toEqual({ ...no, install: true });
    expect(actionsOf(engine({ state: 'installed', folder: '/c' }))).toEqual({ ...no, remove: true, measure: true });
    expect(actionsOf(engine({ state: 'broken', folder: '/c' }))).toEqual({ ...no, mend: true, remove: true });
    expect(actionsOf(engine({ state: 'unavailable' }))).toEqual(no);
    expect(actionsOf(engine({ name: 'wasm', state: 'installed' }))).toEqual({ ...no, measure: true });
    expect(installWords(engine())).toContain('Fetches 3.4 GB');
  });

  test('the size is said before anything is fetched; the work shows, is cancelled, and is not a failure then', async () => {
    let stop: (e: Error) => void = () => {};
    const { backend, asked, names } = tableBackend({
      'engines.list': () => [engine()],
      'engines.doctor': () => [{ name: 'pip', ok: false, found: '', fix: 'apt-get install python3-pip' }],
      'engines.install': () =>
        new Promise<EngineRow>((_, reject) => {
          stop = reject;
        }),
      'tasks.cancel': () => {
        stop(new UnsmoothError('STOPPED', 'cancelled'));
        return null;
      },
    });
    const { wrapper } = await mountAt(EnginesScreen, { backend, at: '/engines' });
    expect(wrapper.text()).toContain('apt-get install python3-pip');
    button('Install CUDA')?.click();
    await flushPromises();
    expect(document.querySelector('[role=dialog]')?.textContent).toContain('Fetches 3.4 GB');
    expect(names()).not.toContain('engines.install');
    button('Install')?.click();
    await flushPromises();
    const task = String(Object(asked.find((a) => a.name === 'engines.install')?.args).task);
    useTasks().heard({ task, done: 1_000_000, total: 4_000_000, unit: 'bytes', note: 'cublas' });
    await flushPromises();
    expect(wrapper.text()).toContain('cublas · 1.0 MB of 4.0 MB');
    button('Cancel: Installing CUDA')?.click();
    await flushPromises();
    expect(asked.find((a) => a.name === 'tasks.cancel')?.args).toEqual({ task });
    expect(wrapper.find('[role=alert]').exists()).toBe(false);
    expect(button('Install CUDA')?.disabled).toBe(false);
    wrapper.unmount();
  });

  test('a failed measurement stands on its card until it is put away', async () => {
    const { backend } = tableBackend({
      'engines.list': () => [engine({ name: 'cpu', state: 'installed', folder: '/c' })],
      'engines.doctor': () => [],
      'engines.measure': () => {
        throw new UnsmoothError('WORKER_DIED', 'out of memory');
      },
    });
    const { wrapper } = await mountAt(EnginesScreen, { backend, at: '/engines' });
    button('Measure CPU')?.click();
    await flushPromises();
    expect(wrapper.get('[role=alert]').text()).toContain('Out of memory.');
    button('Put this message away')?.click();
    await flushPromises();
    expect(wrapper.find('[role=alert]').exists()).toBe(false);
    wrapper.unmount();
  });
});

describe('settings', () => {
  const info = {
    version: '0.1.0',
    versions: {},
    platform: 'linux',
    library: '/home/ada/library',
    cache: '/home/ada/cache',
  };
  test('a choice is kept at once; one that is refused is taken back', async () => {
    let refuse = false;
    const { backend, asked } = tableBackend({
      'app.info': () => info,
      'app.setSettings': (change) => {
        if (refuse) throw new UnsmoothError('DISK_FULL', 'no room');
        return { ...defaultSettings, ...change };
      },
    });
    const { wrapper } = await mountAt(SettingsScreen, { backend, at: '/settings' });
    expect(wrapper.text()).toContain('/home/ada/library');
    await wrapper.get('input[value=dark]').setValue(true);
    await flushPromises();
    expect(asked.at(-1)).toEqual({ name: 'app.setSettings', args: { theme: 'dark' } });
    expect(useSettings().value.theme).toBe('dark');
    refuse = true;
    const slider = wrapper.get<HTMLInputElement>('input[type=range]');
    await slider.setValue('0.2');
    await slider.trigger('change');
    await flushPromises();
    expect(useNotices().list.at(-1)?.code).toBe('DISK_FULL');
    expect(slider.element.value).toBe(String(defaultSettings.smoothing));
    wrapper.unmount();
  });
});

test('licences by every word, and how many there are of each', () => {
  const licences = ['vue MIT', 'vuetify MIT', 'tfjs Apache-2.0'].map((t) => {
    const [name = '', licence = ''] = t.split(' ');
    return { name, licence, version: '1.0.0', text: '' };
  });
  expect(findLicences(licences, 'vue mit').map((l) => l.name)).toEqual(['vue', 'vuetify']);
  expect(findLicences(licences, 'apache').map((l) => l.name)).toEqual(['tfjs']);
  expect(findLicences(licences, '')).toHaveLength(3);
  expect(licenceCounts(licences)).toBe('MIT 2, Apache-2.0 1');
});
