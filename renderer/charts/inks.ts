// The theme's colours for what is drawn on a canvas.
import { computed } from 'vue';
import { useTheme } from 'vuetify';
import { inksOf, lookOf } from './palette.ts';

const light = inksOf(false);
const dark = inksOf(true);

export function useInks() {
  const theme = useTheme();
  return computed(() => (theme.current.value.dark ? dark : light));
}

/** Colour and dash of the i-th curve in the theme of now. */
export function useLooks() {
  const theme = useTheme();
  return computed(() => (i: number) => lookOf(i, theme.current.value.dark));
}
