// The window's own addresses and the content policies they are served with. Strings only.

export const scheme = 'app';
/** Pages of the window. */
export const pagesHost = 'unsmooth';
/** Reports to look at before they are saved. */
export const previewHost = 'preview';
export const startPage = `${scheme}://${pagesHost}/index.html`;
/** What is shown where the pages cannot be. */
export const problemPage = `${scheme}://${pagesHost}/-/problem`;
/** Its buttons lead here; the address is never loaded. */
export const actionPath = '/-/action/';
/** In index.html, where the nonce of a load belongs. */
export const noncePlaceholder = '__CSP_NONCE__';

const policy = (directives: Record<string, string>): string =>
  Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`.trim())
    .join('; ');

const shut = { 'default-src': "'none'", 'object-src': "'none'", 'base-uri': "'none'" };

/** For the window: scripts and styles of its own, style elements that bear the nonce, no address of anybody else. */
export const pagePolicy = (nonce: string): string =>
  policy({
    ...shut,
    'script-src': "'self'",
    'style-src': `'self' 'nonce-${nonce}'`,
    'font-src': "'self'",
    'img-src': "'self' data: blob:",
    'connect-src': "'self'",
    'frame-src': `${scheme}://${previewHost}`,
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  });

/** For a report: nothing runs, nothing is fetched. */
export const previewPolicy: string = policy({
  ...shut,
  'style-src': "'unsafe-inline'",
  'img-src': 'data:',
  'font-src': 'data:',
  'form-action': "'none'",
  'frame-ancestors': `${scheme}://${pagesHost}`,
  sandbox: '',
});

/** For the page that says what failed: its buttons are forms. */
export const problemPolicy = (nonce: string): string =>
  policy({
    ...shut,
    'style-src': `'nonce-${nonce}'`,
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  });
