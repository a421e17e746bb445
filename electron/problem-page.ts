// The page that stands where the window's pages cannot: what happened, the end of the log, ways on. Plain HTML without a script, so
// that nothing of what failed is needed for it.
import { actionPath } from './scheme.ts';

export interface ProblemText {
  title: string;
  message: string;
  hint: string;
}

/** The buttons, by what they ask for. */
export const problemActions = { reload: 'Reload', log: 'Open log folder', quit: 'Quit' } as const;
export type ProblemAction = keyof typeof problemActions;

/** The action that an address means, or null. */
export function actionOf(url: string): ProblemAction | null {
  const { pathname } = new URL(url);
  const name = pathname.startsWith(actionPath) ? pathname.slice(actionPath.length) : '';
  return Object.hasOwn(problemActions, name) ? (name as ProblemAction) : null;
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const style = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 48px; max-width: 900px; background: #f6f7f8; color: #1b1f24; }
h1 { font-size: 20px; margin: 0 0 12px; }
p { margin: 0 0 12px; overflow-wrap: anywhere; }
pre { font: 12px/1.5 monospace; padding: 12px; border: 1px solid #57606a; border-radius: 4px; max-height: 40vh; overflow: auto;
  white-space: pre-wrap; overflow-wrap: anywhere; }
form { display: inline-block; margin-right: 8px; }
button { font: inherit; padding: 6px 16px; border: 1px solid #0a5fa8; border-radius: 4px; background: #0a5fa8; color: #fff; }
button:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  body { background: #15171a; color: #e6e8eb; }
  button { background: #7db9f2; border-color: #7db9f2; color: #0b1a2b; }
}`;

const button = (action: string, label: string): string =>
  `<form action="${actionPath}${action}"><button>${label}</button></form>`;

export function problemHtml({ title, message, hint }: ProblemText, log: string, nonce: string): string {
  const buttons = Object.entries(problemActions).map(([action, label]) => button(action, label));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Unsmooth: ${escaped(title)}</title><style nonce="${nonce}">${style}</style></head>
<body><main><div role="alert">
<h1>${escaped(title)}</h1>
<p>${escaped(message)}</p>
<p>${escaped(hint)}</p></div>
<p>${buttons.join('')}</p>
<h2>The end of the log</h2>
<pre tabindex="0" aria-label="The end of the log">${escaped(log) || 'The log is empty.'}</pre>
</main></body></html>`;
}
