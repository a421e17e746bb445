// Failures that no call is waiting for: written to the log, told to the window where it lives, else shown in its place.
import type { BrowserWindow } from 'electron';
import { UnsmoothError } from '../contract/errors.ts';
import { sendEvent } from './ipc.ts';
import type { WindowLog } from './log.ts';
import { type ProblemText, problemHtml } from './problem-page.ts';
import { problemPage } from './scheme.ts';

const tailBytes = 8000;

export class Failures {
  private text: ProblemText = { title: 'Nothing failed', message: '', hint: '' };
  private readonly log: WindowLog;
  private readonly window: () => BrowserWindow | null;

  constructor(log: WindowLog, window: () => BrowserWindow | null) {
    this.log = log;
    this.window = window;
  }

  /** Something failed beside the window, which goes on. */
  report(what: string, e: unknown): void {
    this.log.write(what, e);
    sendEvent(this.window(), 'problem', UnsmoothError.from(e).toData());
  }

  /** The window's pages are gone or never came: the problem page takes their place. */
  show(text: ProblemText, e?: unknown): void {
    this.log.write(text.title, e ?? text.message);
    this.text = text;
    const window = this.window();
    if (!window || window.isDestroyed()) return;
    window.loadURL(problemPage).then(
      () => window.show(),
      (unloadable: unknown) => this.log.write('the problem page', unloadable),
    );
  }

  /** Of the window's pages, for the log. */
  page(nonce: string): string {
    return problemHtml(this.text, this.log.tail(tailBytes), nonce);
  }
}

/** What to say where the services could not be started. */
export function startProblem(e: unknown): ProblemText {
  const error = UnsmoothError.from(e);
  return {
    title: 'Unsmooth could not start',
    message: `[${error.code}] ${error.message}`,
    hint: error.code === 'INTERNAL' ? 'The log tells more.' : error.hint,
  };
}
