// Rows of runs for tests of lists.
import type { RunRow } from '../../../contract/app/runs.ts';

export const runRow = (more: Partial<RunRow> & { id: string }): RunRow => ({
  dir: `/library/runs/${more.id}`,
  name: more.id,
  status: 'done',
  reason: '',
  elsewhere: false,
  created: '2026-11-25T03:05:15.134Z',
  dataset: 'mnist',
  model: 'vit 64x12, patch 7',
  losses: '1/1/1',
  step: 2500,
  steps: 2500,
  best_top1: 96.4,
  last_layer_similarity: 0.114,
  images_per_s: 716,
  trained_s: 249,
  engine: 'cpu',
  recipe: {},
  tags: [],
  archived: false,
  sparkline: [93, 96, 96.4],
  ...more,
});
