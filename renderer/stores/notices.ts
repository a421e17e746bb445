// Messages to the user that belong to no field and no screen: what went wrong, what was done and can be undone.
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { UnsmoothError } from '../../contract/errors.ts';

export interface Notice {
  id: number;
  kind: 'info' | 'error';
  text: string;
  /** What to do; empty where there is nothing to say. */
  hint: string;
  /** Stable code of an error. */
  code: string;
  action?: { title: string; run: () => void | Promise<void> };
  /** Milliseconds until it leaves by itself; 0: it stays until it is dismissed. */
  timeout: number;
}

let last = 0;

export const useNotices = defineStore('notices', () => {
  const list = ref<Notice[]>([]);
  const add = (notice: Omit<Notice, 'id'>): number => {
    const id = ++last;
    list.value = [...list.value.filter((n) => n.text !== notice.text).slice(-4), { ...notice, id }];
    return id;
  };
  return {
    list,
    info: (text: string, more: Partial<Pick<Notice, 'action' | 'timeout' | 'hint'>> = {}): number =>
      add({ kind: 'info', text, hint: '', code: '', timeout: 5000, ...more }),
    error(e: unknown): number {
      const { code, message, hint } = UnsmoothError.from(e);
      return add({ kind: 'error', text: message, hint: code === 'INTERNAL' ? '' : hint, code, timeout: 0 });
    },
    dismiss(id: number): void {
      list.value = list.value.filter((n) => n.id !== id);
    },
  };
});
