// Replacing a file so that a reader, a kill or a full disk never meets half of it: temp file, fsync, rename, fsync of the folder.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnsmoothError } from '../../contract/errors.ts';

/** Temp files of this program end so; one left by a kill may be removed by the owner of its folder. */
export const temporarySuffix = '.unsmooth-tmp';

/** Throws DISK_FULL or FILE_IO; the file at `path` is then as it was. */
export function replaceFile(path: string, write: (fd: number) => void): void {
  const temporary = `${path}.${process.pid}${temporarySuffix}`;
  try {
    const fd = openSync(temporary, 'w');
    try {
      write(fd);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (e) {
    rmSync(temporary, { force: true });
    throw UnsmoothError.from(e);
  }
}

/** writeSync until all is written: one call may write less than asked, and never more than 2 GiB. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, Math.min(bytes.length - done, 2 ** 30));
}

/** Makes a rename or a new name in `folder` survive a power cut. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return; // Windows cannot open a folder; NTFS journals the rename
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
