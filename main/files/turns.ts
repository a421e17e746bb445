// Long work in one process in short pieces, so that whoever waits for its event loop gets a turn in between.

const longest = 8;

/** A function to await between two pieces: at once, or after others had their turn where the work went on for 8 ms. */
export function turns(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < longest) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    began = performance.now();
  };
}
