// Work that outlives the screen which started it, by what it is about: an engine being installed, a checkpoint being diagnosed.
import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { UnsmoothError } from '../../contract/errors.ts';

export interface Job {
  /** Its name in `task` events. */
  task: string;
  title: string;
}

export const useJobStore = defineStore('jobs', () => {
  const running = shallowReactive(new Map<string, Job>());
  /** The last failure about each thing, until it is put right or away. */
  const failed = shallowReactive(new Map<string, { title: string; error: UnsmoothError }>());
  return {
    running,
    failed,
    begin(about: string, job: Job): void {
      failed.delete(about);
      running.set(about, job);
    },
    end(about: string, error?: UnsmoothError): void {
      const title = running.get(about)?.title ?? '';
      running.delete(about);
      if (error) failed.set(about, { title, error });
    },
  };
});
