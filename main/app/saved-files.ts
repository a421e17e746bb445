// Files that leave the program: written where the user said, and shown again only if they were written in this session.
import { promises as fs } from 'node:fs';
import { UnsmoothError } from '../../contract/errors.ts';
import type { AppContext } from './context.ts';

export class SavedFiles {
  readonly #app: AppContext;
  readonly #written = new Set<string>();

  constructor(app: AppContext) {
    this.#app = app;
  }

  /** Asks where to, and writes. Null where the user thought better of it. Throws DISK_FULL, FILE_IO. */
  async ask(name: string, data: string | Uint8Array): Promise<string | null> {
    return this.at(name, async (file) => {
      await replace(file, data);
      return file;
    });
  }

  /** Asks where to, and lets `write` write there. Null where the user thought better of it. */
  async at<T>(name: string, write: (file: string) => Promise<T>): Promise<T | null> {
    const file = await this.#app.shell.chooseSave(plainName(name));
    if (file === null) return null;
    const written = await write(file);
    this.#written.add(file);
    return written;
  }

  /** Throws USAGE for a file that was not written in this session. */
  async show(file: string): Promise<void> {
    if (!this.#written.has(file))
      throw new UnsmoothError('USAGE', `${file} was not saved in this session`, 'Open its folder yourself.');
    await this.#app.shell.showItem(file);
  }
}

/** A name that every file system takes. */
const plainName = (name: string): string => {
  const plain = Array.from(name, (c) => (c < ' ' || '<>:"/\\|?*'.includes(c) ? '-' : c)).join('');
  return plain.replace(/^[.\s]+|[.\s]+$/g, '').slice(-120) || 'file';
};

/** The old file or the new one, never half of it. */
async function replace(file: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}.unsmooth-tmp`;
  try {
    const handle = await fs.open(temporary, 'w');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (e) {
    await fs.rm(temporary, { force: true });
    throw UnsmoothError.from(e);
  }
}
