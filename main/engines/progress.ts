// What an installation tells while it works, and how that becomes lines of text.

export type EngineProgress =
  | { phase: 'plan' | 'wait' | 'build' | 'verify' | 'done' | 'note'; message: string }
  | { phase: 'download' | 'unpack'; message: string; bytes: number; total: number };

export type OnProgress = (p: EngineProgress) => void;

/** 273829956 → `274 MB` (decimal units, as disks are sold). */
export function formatBytes(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} GB`;
  return n >= 1e6 ? `${Math.round(n / 1e6)} MB` : `${Math.max(1, Math.round(n / 1e3))} kB`;
}

/** A listener that says one line per event, and for bytes one line at most every `everyMs`. */
export function progressLines(say: (line: string) => void, everyMs = 3000): OnProgress {
  let last = '';
  let next = 0;
  return (p) => {
    if (!('bytes' in p)) return say(p.message);
    const now = Date.now();
    const done = p.bytes >= p.total;
    const key = `${p.message} ${done}`;
    if (key === last && (done || now < next)) return;
    last = key;
    next = now + everyMs;
    const percent = p.total > 0 ? Math.min(100, Math.floor((100 * p.bytes) / p.total)) : 100;
    say(`${p.message}: ${formatBytes(p.bytes)} of ${formatBytes(p.total)} (${percent} %)`);
  };
}
