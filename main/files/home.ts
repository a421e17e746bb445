// The user's home folder. A user without one (a container's bare number, HOME empty) is told what to set.
import os from 'node:os';
import { UnsmoothError } from '../../contract/errors.ts';

/** Throws USAGE where the system knows of none. */
export function homeFolder(): string {
  const home = known();
  if (home) return home;
  throw new UnsmoothError(
    'USAGE',
    'this user has no home folder',
    'Set HOME, or both UNSMOOTH_LIBRARY and UNSMOOTH_CACHE.',
  );
}

function known(): string {
  try {
    return os.homedir();
  } catch {
    return ''; // HOME is unset and the user has no entry
  }
}
