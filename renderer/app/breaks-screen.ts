// Which of Vue's errors leave a screen broken. One in a click or in a watcher's callback is said, and the screen goes on.

/** Numbers of Vue's ErrorCodes that a production build gives instead of words: watcher callback, native and component events. */
const harmless = [3, 5, 6];
const harmlessWords = ['watcher callback', 'native event handler', 'component event handler'];

/** `info` is what Vue hands to `onErrorCaptured`. */
export function breaksScreen(info: string): boolean {
  const code = /#runtime-(\d+)$/.exec(info)?.[1];
  return code === undefined ? !harmlessWords.includes(info) : !harmless.includes(Number(code));
}
