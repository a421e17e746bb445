// @vitest-environment happy-dom
// Every state of a run has a word, not only a colour.
import { expect, test } from 'vitest';
import { runStatuses } from '../../../contract/saved/run.ts';
import StatusChip from '../../../renderer/ui/StatusChip.vue';
import { mountAt, tableBackend } from './mount.ts';

test.each([...runStatuses, 'newer', 'broken'] as const)('%s is said as a word beside an icon', async (status) => {
  const { wrapper } = await mountAt(StatusChip, { ...tableBackend(), props: { status } });
  expect(wrapper.text()).toBe(status);
  expect(wrapper.find('svg').exists()).toBe(true);
  wrapper.unmount();
});
