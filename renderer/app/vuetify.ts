// The component library as this program uses it: two themes, dense, icons from @mdi/js.
import 'vuetify/styles';
import { createVuetify, type ThemeDefinition } from 'vuetify';
import { aliases, mdi } from 'vuetify/iconsets/mdi-svg';
import type { Settings } from '../../contract/saved/settings.ts';

const light: ThemeDefinition = {
  dark: false,
  colors: {
    background: '#f6f7f8',
    surface: '#ffffff',
    'surface-variant': '#eceef0',
    'on-surface-variant': '#1b1f24',
    'on-background': '#1b1f24',
    'on-surface': '#1b1f24',
    primary: '#0a5fa8',
    'on-primary': '#ffffff',
    secondary: '#57606a',
    error: '#b3261e',
    warning: '#8a5300',
    success: '#1a6e3c',
    info: '#0a5fa8',
  },
  variables: { 'border-color': '#1b1f24', 'border-opacity': 0.14, 'medium-emphasis-opacity': 0.72 },
};
const dark: ThemeDefinition = {
  dark: true,
  colors: {
    background: '#15171a',
    surface: '#1c1f23',
    'surface-variant': '#2a2e34',
    'on-surface-variant': '#e6e8eb',
    'on-background': '#e6e8eb',
    'on-surface': '#e6e8eb',
    primary: '#7db9f2',
    'on-primary': '#0b1a2b',
    secondary: '#a3adb8',
    error: '#f2938c',
    warning: '#e5b567',
    success: '#7fc79a',
    info: '#7db9f2',
  },
  variables: { 'border-color': '#e6e8eb', 'border-opacity': 0.16, 'medium-emphasis-opacity': 0.74 },
};

/** `nonce` lets the theme's style element pass the content policy. */
export function createAppVuetify(nonce: string | undefined, settings: Settings) {
  const compact = { density: 'compact', variant: 'outlined', hideDetails: 'auto' };
  return createVuetify({
    theme: { cspNonce: nonce, defaultTheme: settings.theme, themes: { light, dark } },
    icons: { defaultSet: 'mdi', aliases, sets: { mdi } },
    defaults: {
      global: { ripple: false },
      VBtn: { size: 'small', variant: 'tonal', class: 'text-none' },
      VTextField: compact,
      VTextarea: compact,
      VSelect: compact,
      VCombobox: compact,
      VAutocomplete: compact,
      VNumberInput: { ...compact, controlVariant: 'hidden' },
      VCheckbox: { density: 'compact', hideDetails: 'auto' },
      VSwitch: { density: 'compact', hideDetails: 'auto', color: 'primary' },
      VList: { density: 'compact' },
      VDataTableVirtual: { density: 'compact', fixedHeader: true },
      VTabs: { density: 'compact' },
      VCard: { variant: 'flat', border: true },
      VTooltip: { openDelay: 400 },
      VMenu: { transition: false },
      VDialog: { transition: false, maxWidth: 560 },
    },
  });
}
