// What was found in datasets when they were last read, so that going back to one shows it at once.
import { defineStore } from 'pinia';
import { shallowReactive } from 'vue';
import type { DatasetDescription } from '../../contract/app/datasets.ts';

export const useDatasets = defineStore('datasets', () => {
  const described = shallowReactive(new Map<string, DatasetDescription>());
  return { described };
});
