// Takes batches of a folder of images until it cannot; says the error as JSON. Run where loader threads die, to see what is heard.
import { UnsmoothError } from '../../contract/errors.ts';
import { openFeeder } from '../../native-worker/data/feeder.ts';
import { trainingStream } from '../../native-worker/data/loader.ts';
import { openDataset } from '../../native-worker/data/open.ts';
import { allOf } from '../../native-worker/data/subset.ts';
import { looks, training } from '../unit/streams.ts';

const dataset = await openDataset({ name: 'images', kind: 'imagefolder', path: process.argv[2] ?? '' });
const colour = looks(16, { channels: 3, mean: [0, 0, 0], std: [1, 1, 1] });
const stream = trainingStream(allOf(dataset.splits.train!), colour, training({ batch: 8, steps: 1e6 }));
const feeder = openFeeder([stream], 2, () => undefined);
try {
  for (let k = 0; k < stream.batches; k++) await feeder.feeds[0]!.take(k);
} catch (e) {
  console.log(JSON.stringify(UnsmoothError.from(e).toData()));
}
await feeder.close();
