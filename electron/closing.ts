// The way out: asks while trainings run, has them save and end, then lets go. One way for the window's button, for quit, for
// signals and for the system's shutdown.
import { type BrowserWindow, dialog } from 'electron';

export interface Busy {
  id: string;
  name: string;
}

export interface ClosingParts {
  window(): BrowserWindow | null;
  busy(): Busy[];
  /** Resolves when every training has saved and its process is gone. */
  interruptAll(): Promise<void>;
  failed(what: string, e: unknown): void;
  /** Ends the program. */
  leave(): void;
}

/** The veil over the page while trainings save; by style alone, so that it needs nothing of the page. */
const veil = (text: string): string => `body::after { content: ${JSON.stringify(text)}; position: fixed; inset: 0;
  z-index: 2147483647; display: grid; place-items: center; background: rgb(0 0 0 / 0.7); color: #fff; font: 16px system-ui; }`;

const named = (busy: readonly Busy[]): string => busy.map((b) => `“${b.name}”`).join(', ');

export class Closing {
  private state: 'no' | 'asking' | 'saving' | 'left' = 'no';
  private readonly parts: ClosingParts;

  constructor(parts: ClosingParts) {
    this.parts = parts;
  }

  /** True once nothing stands in the way any more: a close event may pass. */
  get left(): boolean {
    return this.state === 'left';
  }

  /** `ask`: the user may still say no. A second call while trainings save changes nothing. */
  async begin(ask: boolean): Promise<void> {
    if (this.state === 'saving' || this.state === 'left' || (this.state === 'asking' && ask)) return;
    const busy = this.parts.busy();
    if (busy.length > 0 && ask) {
      this.state = 'asking';
      const yes = await this.ask(busy);
      if (this.state !== 'asking') return; // a signal came meanwhile
      this.state = 'no';
      if (!yes) return;
    }
    this.state = 'saving';
    if (busy.length > 0) this.show(busy);
    try {
      await this.parts.interruptAll();
    } catch (e) {
      this.parts.failed('trainings at the end', e);
    }
    this.state = 'left';
    this.parts.leave();
  }

  private async ask(busy: readonly Busy[]): Promise<boolean> {
    const options = {
      type: 'question' as const,
      message: busy.length === 1 ? `Training ${named(busy)} is running.` : `${busy.length} trainings are running.`,
      detail: `${busy.length === 1 ? 'It' : named(busy)} can be resumed from the checkpoint at the next start.`,
      buttons: ['Stop with a checkpoint and close', 'Keep running'],
      defaultId: 0,
      cancelId: 1,
    };
    const window = this.parts.window();
    const { response } = await (window ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
    return response === 0;
  }

  private show(busy: readonly Busy[]): void {
    const window = this.parts.window();
    if (!window || window.isDestroyed()) return;
    const text = `Saving a checkpoint of ${named(busy)} …`;
    window.setTitle(`Unsmooth: ${text}`);
    window.setProgressBar(2); // no known end
    if (window.webContents.isCrashed()) return;
    window.webContents.insertCSS(veil(text)).catch((e: unknown) => this.parts.failed('the veil', e));
  }
}
