// A checkpoint in words: counts, what a file can be given back as, how images are normalised where it does not say.
import type { AnswerOf } from '../../../contract/app-api.ts';
import type { ExportTarget } from '../../../contract/worker-api.ts';

export type Contents = AnswerOf<'checkpoints.inspect'>;

/** 22.1 M: parameters as people compare them. */
export function countText(n: number): string {
  const [factor, unit] = n >= 1e9 ? [1e9, ' B'] : n >= 1e6 ? [1e6, ' M'] : n >= 1e4 ? [1e3, ' k'] : [1, ''];
  return unit === '' ? n.toLocaleString('en-US') : `${(n / factor).toPrecision(3)}${unit}`;
}

/** Endings under which weights are saved. */
export const weightEndings = ['safetensors', 'pth', 'pt', 'bin', 'ckpt', 'npz', 'json'] as const;

export const exportItems: readonly { value: ExportTarget; title: string; about: string }[] = [
  { value: 'timm', title: 'timm', about: 'One .safetensors that timm loads with strict=True' },
  { value: 'hugging-face', title: 'Hugging Face', about: 'A folder that transformers loads with from_pretrained' },
  { value: 'onnx', title: 'ONNX', about: 'One file for inference, such as with onnxruntime' },
];

export const normalisations = {
  imagenet: { title: "ImageNet's mean and std", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  half: { title: 'mean and std 0.5', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
} as const;

/** Whether the file says which weights are zero, absent or not computed here: what a measurement should be warned of. */
export const problemsIn = (contents: Pick<Contents, 'problems'> | null | undefined): readonly string[] =>
  contents?.problems ?? [];

/** The last part of a path. */
export const fileName = (path: string): string =>
  path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1) ?? path;
