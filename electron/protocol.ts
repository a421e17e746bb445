// Serves the window's scheme: its bundled pages, previews, and the page that says what failed. Nothing outside the pages' folder
// is ever read.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Previews } from './previews.ts';
import {
  noncePlaceholder,
  pagePolicy,
  pagesHost,
  previewHost,
  previewPolicy,
  problemPage,
  problemPolicy,
} from './scheme.ts';

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

export interface Served {
  /** Folder of the pages. */
  pages: string;
  previews: Previews;
  /** HTML of the problem page, for a nonce of its style. */
  problem(nonce: string): string;
}

const answer = (body: string | Uint8Array<ArrayBuffer>, type: string, csp: string): Response =>
  new Response(body, {
    headers: {
      'Content-Type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
      'Content-Security-Policy': csp,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    },
  });
const refuse = (status: number): Response => new Response(null, { status });
const newNonce = (): string => randomBytes(16).toString('base64');

/** The file that an address means, or null where it means none below `folder`. */
export function fileOf(folder: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (/[\0\\]/.test(decoded) || !(path.extname(decoded) in types)) return null;
  const file = path.join(folder, decoded);
  return file.startsWith(folder + path.sep) ? file : null;
}

async function page({ pages }: Served, pathname: string): Promise<Response> {
  const file = fileOf(pages, pathname === '/' ? '/index.html' : pathname);
  if (!file) return refuse(404);
  const nonce = newNonce();
  try {
    const bytes = await fs.readFile(file);
    const type = types[path.extname(file)] ?? '';
    const body =
      type === 'text/html' ? bytes.toString('utf8').replaceAll(noncePlaceholder, nonce) : Uint8Array.from(bytes);
    return answer(body, type, pagePolicy(nonce));
  } catch {
    return refuse(404); // no such page
  }
}

/** Answers one request for the scheme. */
export async function serve(request: Request, served: Served): Promise<Response> {
  if (request.method !== 'GET') return refuse(405);
  const url = new URL(request.url);
  if (url.host === previewHost) {
    const preview = served.previews.get(url.pathname.slice(1));
    return preview ? answer(preview.text, preview.type, previewPolicy) : refuse(404);
  }
  if (url.host !== pagesHost) return refuse(404);
  if (url.pathname === new URL(problemPage).pathname) {
    const nonce = newNonce();
    return answer(served.problem(nonce), 'text/html', problemPolicy(nonce));
  }
  return page(served, url.pathname);
}
