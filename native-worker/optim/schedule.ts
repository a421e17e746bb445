// The learning rate by optimiser step: timm's CosineLRScheduler stepped per update (t_in_epochs=False, no warm-up prefix).

export interface ScheduleOptions {
  sched: 'cosine' | 'constant';
  lr: number;
  warmup_lr: number;
  min_lr: number;
  /** Steps of warm-up and steps in all. */
  warmupSteps: number;
  steps: number;
}

/**
 * Learning rate of update `t`, counted from 0. Warm-up: linear from warmup_lr to lr over warmupSteps; then the cosine of t / steps
 * from lr to min_lr (the warm-up is part of the cosine's span, as in timm without warmup_prefix), or lr.
 */
export function learningRate(o: ScheduleOptions, t: number): number {
  if (t < o.warmupSteps) return o.warmup_lr + (t * (o.lr - o.warmup_lr)) / o.warmupSteps;
  if (o.sched === 'constant') return o.lr;
  if (t >= o.steps) return o.min_lr;
  return o.min_lr + 0.5 * (o.lr - o.min_lr) * (1 + Math.cos((Math.PI * t) / o.steps));
}
