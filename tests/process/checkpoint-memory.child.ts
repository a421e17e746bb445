// A process of its own, so that its peak is nobody else's: runs one job and says by how many MB its memory grew at most, and how
// often it told its progress.
import { convert } from '../../native-worker/jobs/convert.ts';
import { inspect } from '../../native-worker/jobs/inspect.ts';

const [work = '', file = '', out = ''] = process.argv.slice(2);
const control = { ending: 'no' as const, paused: false, takeCheckpointRequest: () => false, wait: () => {} };
const told: number[] = [];
const context = {
  emit: (message: { type: string; done?: number }) =>
    void (message.type === 'progress' && told.push(message.done ?? 0)),
  control,
};
const before = process.memoryUsage().rss;
const result =
  work === 'convert'
    ? await convert({ type: 'convert', file, out, heads: null, img_size: null }, context)
    : await inspect({ type: 'inspect', file, heads: null, norms: work === 'norms' }, context);
const grown = process.resourceUsage().maxRSS / 1024 - before / 2 ** 20;
console.log(JSON.stringify({ grown, told: told.length, parameters: 'parameters' in result ? result.parameters : 0 }));
