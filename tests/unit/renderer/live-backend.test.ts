// The live client: what it sends can cross to another process, what it is refused is thrown as it was.
import { expect, test } from 'vitest';
import { reactive } from 'vue';
import type { Wire } from '../../../contract/app-api.ts';
import { UnsmoothError } from '../../../contract/errors.ts';
import { liveBackend } from '../../../renderer/backend/live.ts';

function client(answer: Wire<unknown>) {
  const sent: unknown[] = [];
  const backend = liveBackend({
    call: async (_, args) => {
      sent.push(structuredClone(args)); // as the bridge does; it throws for a proxy
      return answer;
    },
    on: () => () => {},
    pathOf: () => '',
  });
  return { backend, sent };
}

test('reactive arguments arrive as plain ones, bytes as bytes', async () => {
  const { backend, sent } = client({ ok: true, value: null });
  const items = reactive({ runs: ['a', 'b'], checkpoints: [] as string[] });
  await backend.call('reports.preview', { items, format: 'html' });
  const data = new Uint8Array([1, 2]);
  await backend.call('app.saveFile', { name: 'a.png', data });
  expect(sent).toEqual([
    { items: { runs: ['a', 'b'], checkpoints: [] }, format: 'html' },
    { name: 'a.png', data },
  ]);
});

test('a refusal keeps its code', async () => {
  const { backend } = client({ ok: false, error: new UnsmoothError('DISK_FULL', 'no room', 'Free some.').toData() });
  await expect(backend.call('runs.list', {})).rejects.toMatchObject({ code: 'DISK_FULL', hint: 'Free some.' });
});
