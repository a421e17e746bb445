// What a checkpoint says of the training that wrote it, as lines for people: programs leave it under names of their own.
import { shown } from './file-bytes.ts';

/** Names under which training programs keep their settings and their place. */
const settings = /^(args|opt|hparams|hyper_parameters|config|cfg|arch|recipe|data)$/;
const place =
  /^(checkpoint\.)?(epoch|step|global_step|iteration|iter|best_.*|metric|max_accuracy|n_parameters|version)$/;
const worthTelling =
  /^(model|arch|dataset|data.set|data|classes|input.size|img.size|batch.size|epochs|opt|lr|weight.decay|drop.path|mixup|cutmix|smoothing|aa|reprob|repeated.aug|warmup.epochs|sched|seed|finetune|distillation.type|mean|std)$/;
const lineCap = 40;

/** Lines of `name value`, at most 40: epoch and step, then the settings that people ask for. */
export function trainedWith(metadata: Readonly<Record<string, string>>): string[] {
  const lines: string[] = [];
  for (const [key, text] of Object.entries(metadata)) {
    if (place.test(key)) lines.push(`${key.replace(/^checkpoint\./, '')} ${shown(text)}`);
    if (settings.test(key)) lines.push(...settingLines(key, text));
  }
  return lines.slice(0, lineCap);
}

function settingLines(key: string, text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [`${key} ${shown(text)}`]; // plain text says what it says
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${key} ${shown(text)}`];
  return Object.entries(value)
    .filter(([name, v]) => worthTelling.test(name) && v !== null && v !== '')
    .map(([name, v]) => `${name} ${shown(typeof v === 'string' ? v : JSON.stringify(v))}`);
}
