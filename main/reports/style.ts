// The look of a report: light and dark by the reader's system, legible on paper. No reference to anything outside the file.
export const style = `
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --line: #dfe3e8; --ground: #fff; --panel: #f6f8fa; --accent: #0b6bcb;
  --figure-ink: var(--ink); --figure-faint: var(--faint); --figure-grid: var(--line); --figure-ground: var(--ground); }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --faint: #9aa4af; --line: #32383f; --ground: #16191d; --panel: #1d2126; --accent: #6cb2ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 32px 48px; max-width: 1280px; background: var(--ground); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 36px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 14px; margin: 16px 0 4px; }
p { margin: 0 0 8px; max-width: 80ch; } .faint { color: var(--faint); }
nav { margin: 8px 0 0; } nav a { color: var(--accent); margin-right: 16px; text-decoration: none; } nav a:hover { text-decoration: underline; }
.scroll + .charts { margin-top: 20px; } .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 28px 32px; }
figure { margin: 0; min-width: 0; break-inside: avoid; } figcaption { color: var(--faint); font-size: 12px; margin-top: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; } th, td { text-align: left; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
thead th { border-bottom: 2px solid var(--line); } tbody th { font-weight: 400; color: var(--faint); white-space: nowrap; }
td.number { text-align: right; } .key { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
details { margin-top: 4px; font-size: 12px; } summary { cursor: pointer; color: var(--faint); } details table { font-size: 12px; margin-top: 4px; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 12px; overflow-x: auto; font: 12px/1.45 ui-monospace, monospace; }
code { font: 12px/1.45 ui-monospace, monospace; } dt { font-weight: 600; margin-top: 12px; } dd { margin: 0 0 4px; max-width: 90ch; }
@media print { body { padding: 0; max-width: none; font-size: 11px; } nav, figure details { display: none; } .charts { grid-template-columns: 1fr 1fr; gap: 16px; }
  h2, h3 { break-after: avoid; } tr { break-inside: avoid; } pre { white-space: pre-wrap; } :root { --ink: #000; --faint: #444; --line: #ccc; --ground: #fff; --panel: #fff; } }
`.trim();
