// Engines as the rest of the product sees them.
export { withLock } from './lock.mjs';
