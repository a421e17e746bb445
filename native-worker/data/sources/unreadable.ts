// What every source says of a sample that it cannot hand out.
import { UnsmoothError } from '../../../contract/errors.ts';

/** No image file is as large; reading one of that size into memory is refused. */
const mostEncodedBytes = 1 << 29;

export function checkEncodedSize(bytes: number): void {
  if (bytes === 0) throw new UnsmoothError('DATASET_INVALID', 'is empty');
  if (bytes <= mostEncodedBytes) return;
  throw new UnsmoothError(
    'DATASET_INVALID',
    `has ${bytes} bytes, more than an image file may have (${mostEncodedBytes})`,
  );
}

/** As much as is read of a sample for its head alone. */
export const headBytes = 1 << 14;

/** DATASET_INVALID that names the sample. */
export function unreadable(where: string, cause: unknown): UnsmoothError {
  const { message } = UnsmoothError.from(cause);
  const hint = 'Repair or remove it, or let training pass over broken images with `data.on_broken: skip`.';
  return new UnsmoothError('DATASET_INVALID', `${where}: ${message}`, hint, [{ where, message }], { cause });
}
