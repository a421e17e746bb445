// How the user left a list or the rail, kept by the browser from one start to the next. Nothing that matters is kept here.
import { type Ref, ref, watch } from 'vue';

/** A ref that starts as it was left; anything stored that `accept` does not know is forgotten. */
export function remembered<T>(name: string, initial: T, accept: (stored: unknown) => stored is T): Ref<T> {
  const key = `unsmooth.${name}`;
  const value = ref(read(key, initial, accept)) as Ref<T>;
  watch(
    value,
    (v) => {
      try {
        localStorage.setItem(key, JSON.stringify(v));
      } catch {
        // a browser that stores nothing forgets the view, no more
      }
    },
    { deep: true },
  );
  return value;
}

function read<T>(key: string, initial: T, accept: (stored: unknown) => stored is T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return accept(stored) ? stored : initial;
  } catch {
    return initial;
  }
}
