// Reports that are looked at before they are saved: kept in memory under addresses that cannot be guessed, a few at a time.
import { randomUUID } from 'node:crypto';
import { previewHost, scheme } from './scheme.ts';

const most = 8;

export interface Preview {
  text: string;
  type: string;
}

export class Previews {
  private readonly kept = new Map<string, Preview>();

  /** The address of `text` until some more were made. */
  add(text: string, kind: 'html' | 'json'): string {
    const token = randomUUID();
    this.kept.set(token, { text, type: kind === 'html' ? 'text/html' : 'text/plain' });
    for (const oldest of [...this.kept.keys()].slice(0, -most)) this.kept.delete(oldest);
    return `${scheme}://${previewHost}/${token}`;
  }

  get(token: string): Preview | undefined {
    return this.kept.get(token);
  }
}
