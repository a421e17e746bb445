// Work that a call with a `task` does: how far it is. Fed by app/sync.ts.
import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { AppEvents } from '../../contract/app-api.ts';

export const useTasks = defineStore('tasks', () => {
  const progress = shallowReactive(new Map<string, AppEvents['task']>());
  return {
    progress,
    heard: (event: AppEvents['task']) => progress.set(event.task, event),
    end: (task: string) => progress.delete(task),
  };
});
