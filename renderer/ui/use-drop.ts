// Files and folders that are dragged onto a part of a page. It takes the first; it knows nothing of what it is.
import { ref } from 'vue';

const holdsFiles = (e: DragEvent): boolean => e.dataTransfer?.types.includes('Files') ?? false;

export function useDrop(take: (dropped: File, more: number) => void) {
  /** Something that can be dropped is above it. */
  const over = ref(false);
  /** Elements entered and not left. */
  let depth = 0;
  const leave = () => {
    depth = 0;
    over.value = false;
  };
  return {
    over,
    /** For `v-on` of the part. */
    listeners: {
      dragenter(e: DragEvent): void {
        if (!holdsFiles(e)) return;
        e.preventDefault();
        depth++;
        over.value = true;
      },
      dragover(e: DragEvent): void {
        if (!holdsFiles(e)) return;
        e.preventDefault();
        if (e.dataTransfer) e.dataTransfer.dropEffect = 'copy';
      },
      dragleave(e: DragEvent): void {
        if (holdsFiles(e) && --depth <= 0) leave();
      },
      drop(e: DragEvent): void {
        if (!holdsFiles(e)) return;
        e.preventDefault();
        leave();
        const files = e.dataTransfer?.files;
        if (files?.[0]) take(files[0], files.length - 1);
      },
    },
  };
}
