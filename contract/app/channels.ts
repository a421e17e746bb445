// Names on the way between the window and its services. Nothing else, so that the preload can hold them and little more.

/** Of the bridge on `window`. */
export const bridgeName = 'unsmooth';
/** IPC channels. */
export const callChannel = 'unsmooth:call';
export const eventChannel = 'unsmooth:event';
export const eventNames = ['runs', 'trainings', 'series', 'task', 'menu', 'problem'] as const;
