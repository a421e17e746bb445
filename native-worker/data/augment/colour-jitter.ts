// torchvision's ColorJitter without hue, as timm asks for it: brightness, contrast and saturation in a random order, each by a factor
// of 1 ± jitter (torchvision/transforms/transforms.py). Knows no pixels.
import type { Random } from '../../../core/random.ts';
import type { Range } from './crop.ts';
import { within } from './crop.ts';
import { type Operation, operations } from './operations.ts';
import type { Drawn } from './rand-augment.ts';

const named = (name: Operation['name']): Operation => operations.find((o) => o.name === name)!;
const jittered = [named('Brightness'), named('Contrast'), named('Color')];

/** Draws factors and order for one image; `jitter` > 0. */
export function drawJitter(jitter: number, random: Random): Drawn[] {
  const range: Range = [Math.max(0, 1 - jitter), 1 + jitter];
  const drawn = jittered.map((operation): Drawn => ({ operation, argument: within(range, random) }));
  for (let i = drawn.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [drawn[i], drawn[j]] = [drawn[j]!, drawn[i]!];
  }
  return drawn;
}
