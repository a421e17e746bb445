// @vitest-environment happy-dom
// The report dialog: what can be chosen and how it is called, when it is previewed, what saving says.
import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UnsmoothError } from '../../../contract/errors.ts';
import ReportDialog from '../../../renderer/features/report/ReportDialog.vue';
import { checkpointChoices, problemOf, runChoices, titleOf } from '../../../renderer/features/report/report-items.ts';
import { useNotices } from '../../../renderer/stores/notices.ts';
import { type Answers, mountAt, tableBackend } from './mount.ts';
import { checkpointRow, runRow } from './rows.ts';

const checkpoint = checkpointRow({ best: true, last_layer_similarity: null });

describe('choices', () => {
  test('runs that can be read, with what tells them apart', () => {
    const choices = runChoices([
      runRow({ id: 'a' }),
      runRow({ id: 'b', status: 'broken' }),
      runRow({ id: 'c', status: 'newer' }),
    ]);
    expect(choices).toEqual([{ value: 'a', title: 'a', subtitle: 'done · mnist · losses 1/1/1 · 2026-11-25 03:05' }]);
    expect(checkpointChoices([checkpoint])[0]?.title).toBe('example, step 2,500');
  });
  test('a chip names what is gone by its path, and twins by their date', () => {
    expect(titleOf('/library/runs/a/checkpoints/9.safetensors', [])).toBe('a/checkpoints/9.safetensors');
    const twins = ['1', '2'].map((value) => ({ value, title: 'example', subtitle: `done · 2026-11-2${value}` }));
    expect(titleOf('2', twins)).toBe('example (2026-11-22)');
  });
  test('none and too many are refused', () => {
    expect(problemOf({ runs: [], checkpoints: [] })).not.toBe('');
    expect(problemOf({ runs: ['a'], checkpoints: [] })).toBe('');
    expect(problemOf({ runs: Array.from({ length: 51 }, String), checkpoints: [] })).toContain('50');
  });
});

describe('dialog', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    document.body.replaceChildren();
  });
  const button = (name: string) =>
    [...document.querySelectorAll('button')].find(
      (b) => (b.getAttribute('aria-label') ?? b.textContent?.trim()) === name,
    );
  async function open(answers: Answers, props = { runs: ['a'], checkpoints: [] as string[] }) {
    const table = tableBackend({ 'checkpoints.list': () => [checkpoint], ...answers });
    const mounted = mountAt(ReportDialog, { backend: table.backend, props: { modelValue: true, ...props } });
    await vi.advanceTimersByTimeAsync(500);
    return { ...table, ...(await mounted) };
  }

  test('shows what will be saved, anew for another format, saves it, and says where', async () => {
    const { asked, wrapper } = await open({
      'reports.preview': ({ format }) => ({ url: `unsmooth://preview/${format}` }),
      'reports.save': () => '/home/ada/report.json',
      'app.showSaved': () => null,
    });
    const frame = () => document.querySelector('iframe');
    expect(frame()?.getAttribute('sandbox')).toBe('');
    expect(frame()?.getAttribute('src')).toBe('unsmooth://preview/html');
    document.querySelector<HTMLInputElement>('input[value=json]')?.click();
    await vi.advanceTimersByTimeAsync(500);
    expect(frame()?.getAttribute('src')).toBe('unsmooth://preview/json');
    expect(asked.filter((a) => a.name === 'reports.preview')).toHaveLength(2);
    button('Save…')?.click();
    await flushPromises();
    expect(asked.find((a) => a.name === 'reports.save')?.args).toEqual({
      items: { runs: ['a'], checkpoints: [] },
      format: 'json',
    });
    const notice = useNotices().list.at(-1);
    expect(notice?.text).toContain('/home/ada/report.json');
    await notice?.action?.run();
    expect(asked.at(-1)).toEqual({ name: 'app.showSaved', args: { file: '/home/ada/report.json' } });
    expect(wrapper.emitted('update:modelValue')).toEqual([[false]]);
    wrapper.unmount();
  });

  test('thinking better of it keeps the dialog; a failure stands in it and can be tried again', async () => {
    let answer: () => string | null = () => null;
    const { wrapper, names } = await open({
      'reports.preview': () => ({ url: 'unsmooth://preview/1' }),
      'reports.save': () => answer(),
    });
    button('Save…')?.click();
    await flushPromises();
    expect(wrapper.emitted('update:modelValue')).toBeUndefined();
    answer = () => {
      throw new UnsmoothError('DISK_FULL', 'no room');
    };
    button('Save…')?.click();
    await flushPromises();
    expect(document.querySelector('.failure')?.textContent).toContain('No room.');
    button('Try again')?.click();
    await flushPromises();
    expect(names().filter((n) => n === 'reports.save')).toHaveLength(3);
    wrapper.unmount();
  });

  test('nothing chosen makes no report; what is left out is left out', async () => {
    const { wrapper, names } = await open(
      { 'reports.preview': () => ({ url: 'unsmooth://preview/1' }) },
      { runs: [], checkpoints: [checkpoint.file] },
    );
    expect(names().filter((n) => n === 'reports.preview')).toHaveLength(1);
    button('Leave out example, step 2,500')?.click();
    await vi.advanceTimersByTimeAsync(500);
    expect(names().filter((n) => n === 'reports.preview')).toHaveLength(1);
    expect(button('Save…')?.disabled).toBe(true);
    expect(document.querySelector('iframe')).toBeNull();
    wrapper.unmount();
  });
});
