// A training as it goes, on stderr: a bar on a terminal, one line per event elsewhere. It only listens.
import cliProgress from 'cli-progress';
import { decodeNumber } from '../contract/numbers.ts';
import type { LayersLine, MetricsLine } from '../contract/saved/lines.ts';
import type { FromWorker } from '../contract/worker-api.ts';
import { formatDuration, formatNumber, formatPercent } from '../core/format.ts';
import type { CliContext } from './context.ts';

/** Between two progress lines where there is no bar. */
const everyMs = 5000;

export class TrainProgress {
  private readonly context: CliContext;
  private readonly now: () => number;
  private readonly total: () => number | undefined;
  private bar: cliProgress.SingleBar | undefined;
  private step = 0;
  private steps = 0;
  private loss: number | undefined;
  private top1: number | undefined;
  private similarity: number | undefined;
  private speed: number | undefined;
  private said = Number.NEGATIVE_INFINITY;
  /** Where and when the speed of steps is measured from: the first step of this attempt. */
  private origin: { step: number; at: number } | undefined;

  /** `total`: steps of the run, asked for until it is known: the worker writes it into run.json. */
  constructor(context: CliContext, total: () => number | undefined, now: () => number = () => performance.now()) {
    this.context = context;
    this.total = total;
    this.now = now;
  }

  heard(message: FromWorker): void {
    switch (message.type) {
      case 'status':
        if (message.reason) this.over(`${message.status}: ${message.reason}`);
        else this.event(message.status);
        break;
      case 'progress':
        this.progressed(message);
        break;
      case 'metrics':
        for (const line of message.lines) this.measured(line);
        break;
      case 'layers':
        for (const line of message.lines) this.probed(line);
        break;
      case 'checkpoint':
        this.event(`checkpoint at step ${message.step}: ${message.file}`);
        break;
      case 'log':
        if (message.level !== 'info') this.end(); // the line is written by whoever runs the job
        break;
      default:
        break;
    }
  }

  /** Takes the bar away, so that what follows stands on its own line. */
  end(): void {
    if (!this.bar) return;
    this.show();
    this.bar.stop();
    this.bar = undefined;
  }

  private progressed(message: Extract<FromWorker, { type: 'progress' }>): void {
    if (message.unit.startsWith('step')) {
      this.reached(message.done);
      this.steps = message.total;
      this.show();
    } else this.event(`${message.note || message.unit} ${message.done}/${message.total}`);
  }

  private measured(line: MetricsLine): void {
    const value = (tag: string) => {
      const saved = line[tag];
      return saved === undefined ? undefined : decodeNumber(saved);
    };
    this.loss = value('train/loss') ?? this.loss;
    this.speed = value('perf/images_per_s') ?? this.speed;
    const top1 = value('val/top1');
    if (top1 !== undefined) {
      this.top1 = top1;
      this.event(`eval at step ${line.step}: top-1 ${formatPercent(top1)}, loss ${formatNumber(value('val/loss'))}`);
    }
    this.reached(line.step);
    this.show();
  }

  private probed(line: LayersLine): void {
    const similar = line.metrics.cos_abs ?? line.metrics.cos;
    const last = similar?.at(-1);
    if (last === undefined) return;
    if (line.tap === 'norm' || this.similarity === undefined) this.similarity = decodeNumber(last);
    const which = line.metrics.cos_abs ? 'cos_abs' : 'cos';
    this.event(`probe at step ${line.step}: last-layer ${which} ${formatNumber(decodeNumber(last))} (tap ${line.tap})`);
  }

  private reached(step: number): void {
    this.step = Math.max(this.step, step);
    this.origin ??= { step, at: this.now() };
  }

  private remaining(): number | undefined {
    if (!this.origin || this.step <= this.origin.step || this.steps === 0) return undefined;
    const perStep = (this.now() - this.origin.at) / 1000 / (this.step - this.origin.step);
    return perStep * (this.steps - this.step);
  }

  private summary(): string {
    return [
      this.loss !== undefined && `loss ${formatNumber(this.loss)}`,
      this.top1 !== undefined && `top-1 ${formatPercent(this.top1)}`,
      this.similarity !== undefined && `last-layer similarity ${formatNumber(this.similarity)}`,
      this.speed !== undefined && `${formatNumber(this.speed)} images/s`,
      `ETA ${formatDuration(this.remaining())}`,
    ]
      .filter(Boolean)
      .join(', ');
  }

  private show(): void {
    if (this.steps === 0) this.steps = this.total() ?? 0;
    if (this.steps === 0) return;
    if (this.context.terminal) this.draw();
    else if (this.now() - this.said >= everyMs) {
      this.said = this.now();
      this.context.progress(`step ${this.step}/${this.steps}: ${this.summary()}`);
    }
  }

  private draw(): void {
    if (!this.bar) {
      this.bar = new cliProgress.SingleBar({
        format: '{bar} {value}/{total}  {summary}',
        barsize: 20,
        hideCursor: true,
        etaBuffer: 50,
        gracefulExit: false,
        barCompleteChar: '█',
        barIncompleteChar: '░',
      });
      this.bar.start(this.steps, this.step, { summary: '' });
    }
    this.bar.setTotal(this.steps);
    this.bar.update(this.step, { summary: this.summary() });
  }

  /** A line that must be read, above the bar where there is one. */
  private over(text: string): void {
    this.end();
    this.context.progress(text);
  }

  /** One line, where no bar shows the same. */
  private event(text: string): void {
    if (!this.context.terminal || !this.bar) this.context.progress(text);
  }
}
