// A file that leaves the window: asked where to, written, and said where it went.
import { useBackend } from '../backend/backend.ts';
import { useNotices } from '../stores/notices.ts';

/** A title as the stem of a file name. */
export const fileStem = (...parts: string[]): string =>
  parts
    .join(' ')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 120) || 'chart';

export function useSave() {
  const backend = useBackend();
  const notices = useNotices();
  return async (name: string, make: () => string | Promise<Uint8Array<ArrayBuffer>>): Promise<void> => {
    try {
      const file = await backend.call('app.saveFile', { name, data: await make() });
      if (file === null) return;
      const show = () =>
        void backend.call('app.showSaved', { file }).catch((e: unknown) => {
          notices.error(e);
        });
      notices.info(`Saved ${file}`, { action: { title: 'Show', run: show }, timeout: 10_000 });
    } catch (e) {
      notices.error(e);
    }
  };
}
