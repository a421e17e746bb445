// The thumbnails of one split, fetched page by page as they come into view, one page at a time.
import { onScopeDispose, shallowRef } from 'vue';
import { UnsmoothError } from '../../../contract/errors.ts';
import type { Backend } from '../../backend/backend.ts';
import { PageStore, pageSize, pagesOf, type Thumbnail, thumbnailOf } from './thumbnail-pages.ts';

let made = 0;

export function pagedThumbnails(backend: Backend, name: string, split: string) {
  const pages = new PageStore();
  const failure = shallowRef<UnsmoothError | null>(null);
  /** Rises with every page that comes. */
  const version = shallowRef(0);
  const size = shallowRef<{ width: number; height: number } | null>(null);
  let wanted: number[] = [];
  let busy = false;
  let over = false;
  onScopeDispose(() => {
    over = true;
    wanted = [];
  });

  async function fetchNext(): Promise<void> {
    const page = wanted.find((p) => !pages.has(p));
    if (busy || over || page === undefined || failure.value) return;
    busy = true;
    try {
      const asked = { name, split, from: page * pageSize, count: pageSize, task: `thumbnails-${++made}` };
      const got = await backend.call('datasets.thumbnails', asked);
      pages.put(page, got);
      size.value ??= { width: got.width, height: got.height };
      version.value++;
    } catch (e) {
      failure.value = UnsmoothError.from(e);
    }
    busy = false;
    await fetchNext();
  }

  return {
    failure,
    version,
    /** Of one image in pixels; null until the first page has come. */
    size,
    /** These are in view now; what was asked for before and is not is left. */
    show(from: number, to: number): void {
      wanted = pagesOf(from, to);
      void fetchNext();
    },
    retry(): void {
      failure.value = null;
      void fetchNext();
    },
    at(index: number): Thumbnail | undefined {
      const page = pages.get(Math.floor(index / pageSize));
      return page && thumbnailOf(page, index % pageSize);
    },
  };
}
