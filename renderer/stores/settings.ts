// What the user chose; written through the backend by whoever changes it (features/settings, the charts' toolbar).
import { defineStore } from 'pinia';
import { ref } from 'vue';
import { defaultSettings, type Settings } from '../../contract/saved/settings.ts';

export const useSettings = defineStore('settings', () => {
  const value = ref<Settings>(defaultSettings);
  return {
    value,
    set(settings: Settings): void {
      value.value = settings;
    },
  };
});
