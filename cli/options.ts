// Options that several commands share, read from text with words for what is refused.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../contract/nearest.ts';
import { engineChoices } from '../contract/recipe.ts';
import type { EngineSelection } from '../contract/worker-api.ts';
import { chooseEngine } from '../main/engines/choose.ts';
import type { CliContext } from './context.ts';

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

/** Numbers separated by commas. */
export function numberList(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (!values.every(Number.isFinite)) throw new InvalidArgumentError('Expected numbers separated by commas.');
  return values;
}

/** Words out of `known`, separated by commas. */
export function wordList<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((part) => {
      const word = known.find((k) => k === part.trim());
      if (word !== undefined) return word;
      const close = nearest(part.trim(), known);
      throw new InvalidArgumentError(close ? `Did you mean ${close}?` : `Known: ${known.join(', ')}.`);
    });
}

export interface EngineOptions {
  engine: (typeof engineChoices)[number];
  threads?: number;
}

/** --engine and --threads, for a command that computes. */
export const withEngine = (command: Command): Command =>
  command
    .addOption(new Option('--engine <name>', 'what computes').choices(engineChoices).default('auto'))
    .option('--threads <n>', 'threads of the engine (default: all cores)', wholeNumber);

/** The engine asked for; says what the user should know. Throws ENGINE_MISSING. */
export function engineOf({ engine, threads }: EngineOptions, context: CliContext): EngineSelection {
  const chosen = chooseEngine(engine, threads ?? 'auto');
  for (const note of chosen.notes) context.progress(note);
  return chosen.engine;
}

export interface CheckpointOptions extends EngineOptions {
  data: string;
  heads?: number;
  weights?: string;
  mean?: number[];
  std?: number[];
  split?: string;
  images?: number;
}

/** The options of a command that puts a dataset through a checkpoint. */
export const withCheckpointData = (command: Command): Command =>
  withEngine(
    command
      .argument('<checkpoint>', 'a file of weights, its folder, or a run whose newest checkpoint is meant')
      .requiredOption('--data <dataset>', 'name from the library, or a folder')
      .option('--heads <n>', 'attention heads, where the file does not say', wholeNumber)
      .option('--weights <name>', 'which set of weights, where the file has several (model_ema)')
      .option('--mean <m>', 'mean per channel, where the file does not say', numberList)
      .option('--std <s>', 'standard deviation per channel, where the file does not say', numberList)
      .option('--split <name>', 'split of the dataset')
      .option('--images <n>', 'only the first n images', wholeNumber)
      .option('--json', 'one JSON object on stdout'),
  );
