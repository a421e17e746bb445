// SVG as text: escaping, elements, the frame of a figure and its colours. Colours come from variables of the page, with a light
// page's values as fallback, so that the same figure stands alone and follows a dark page.

export const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c);

/** Coordinates with at most one decimal: files stay small, lines stay true. */
export const px = (x: number): string => String(Math.round(x * 10) / 10);

export const ink = 'var(--figure-ink, #1f2328)';
export const faintInk = 'var(--figure-faint, #59636e)';
export const grid = 'var(--figure-grid, #dfe3e8)';
export const ground = 'var(--figure-ground, #ffffff)';

export const fontSize = 12;
/** Width of a text set in the figure's font, on the safe side. */
export const textWidth = (text: string, size = fontSize): number => text.length * size * 0.58;

type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const text = Object.entries(attributes)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => ` ${k}="${typeof v === 'number' ? px(v) : escapeText(v ?? '')}"`)
    .join('');
  return children.length ? `<${name}${text}>${children.join('')}</${name}>` : `<${name}${text}/>`;
}

export function label(
  text: string,
  x: number,
  y: number,
  more: Attributes & { anchor?: 'start' | 'middle' | 'end' } = {},
): string {
  const { anchor = 'start', ...rest } = more;
  return element('text', { x, y, 'text-anchor': anchor, fill: ink, 'font-size': fontSize, ...rest }, escapeText(text));
}

/** A whole figure: named for assistive technology by its title. */
export function figure(title: string, width: number, height: number, ...children: string[]): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${px(width)} ${px(height)}`,
      role: 'img',
      'aria-label': title,
      'font-family': 'system-ui, sans-serif',
      style: 'font-variant-numeric: tabular-nums; width: 100%; height: auto',
    },
    label(title, 0, 15, { 'font-size': 14, 'font-weight': '600' }),
    ...children,
  );
}
