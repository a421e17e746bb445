export interface Hold {
  /** Names a child process that keeps the lock alive after its parent's death. */
  child(pid: number | undefined): void;
}
/** Runs `work` while holding the lock file; waits for a living owner, takes over from a dead one. */
export function withLock<T>(
  file: string,
  work: (hold: Hold) => Promise<T>,
  options?: { onWait?: (pid: number) => void; signal?: AbortSignal },
): Promise<T>;
