// Charts share frames: a few milliseconds each, one chart after the other, each once.
import { expect, test } from 'vitest';
import { DrawQueue } from '../../../renderer/charts/draw-queue.ts';

/** A queue whose frames and clock a test turns by hand. */
function byHand() {
  const frames: (() => void)[] = [];
  let clock = 0;
  const queue = new DrawQueue(
    (work) => frames.push(work),
    () => clock,
  );
  const log: string[] = [];
  return {
    queue,
    log,
    frames,
    chart: (name: string, ms = 1, due = () => true) => ({
      due,
      draw() {
        log.push(name);
        clock += ms;
      },
    }),
    /** Carries out the next frame; what it drew. */
    frame(): string[] {
      const from = log.length;
      frames.shift()?.();
      return log.slice(from);
    },
  };
}

test('what is quick shares a frame, what is slow has one of its own, and nobody is drawn twice', () => {
  const { queue, chart, frame, frames } = byHand();
  const [a, b, slow, c] = [chart('a'), chart('b'), chart('slow', 30), chart('c')];
  for (const drawing of [a, b, slow, c, a]) queue.add(drawing);
  expect(frames).toHaveLength(1);
  expect(frame()).toEqual(['a', 'b', 'slow']);
  expect(frame()).toEqual(['c']);
  expect(frames).toHaveLength(0);
});

test('who is out of view waits until asked for again; who has left is not drawn', () => {
  const { queue, chart, frame } = byHand();
  let inView = false;
  const below = chart('below', 1, () => inView);
  const left = chart('left');
  queue.add(below);
  queue.add(left);
  queue.remove(left);
  expect(frame()).toEqual([]);
  inView = true;
  queue.add(below);
  expect(frame()).toEqual(['below']);
});

test('a chart that fails keeps no other from its turn', () => {
  const { queue, chart, frame } = byHand();
  queue.add({
    due: () => true,
    draw() {
      throw new Error('no memory for a canvas');
    },
  });
  queue.add(chart('next'));
  expect(frame).toThrow('no memory');
  expect(frame()).toEqual(['next']);
});

test('a chart asked for while it is drawn gets another turn', () => {
  const { queue, chart, frame } = byHand();
  const once = chart('again', 10);
  let more = true;
  queue.add({
    due: () => true,
    draw() {
      once.draw();
      if (more) queue.add(this);
      more = false;
    },
  });
  expect(frame()).toEqual(['again']);
  expect(frame()).toEqual(['again']);
});
