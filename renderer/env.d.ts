// What the window may find around it, typed.
import type { Bridge } from '../contract/app-api.ts';

declare global {
  interface Window {
    /** Put there by the preload; absent in a plain browser. */
    readonly unsmooth?: Bridge;
  }
}
