/** The window's looks. A constructed style sheet: the page's CSP allows no other. */

/** Custom properties that the signing origin sets, by name: `--pas-accent`, `--pas-font` and the others below. */
export type Theme = Record<string, string>;

const css = `
:root {
  color-scheme: light dark;
  --pas-accent: #1f5fd0; --pas-accent-text: #fff; --pas-background: #f4f5f7; --pas-surface: #fff;
  --pas-text: #14181f; --pas-muted: #515a67; --pas-border: #70798a; --pas-radius: 10px;
  --pas-font: system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --pas-accent: #8ab4ff; --pas-accent-text: #0b1220; --pas-background: #12151b; --pas-surface: #1b2029;
    --pas-text: #f0f2f6; --pas-muted: #b3bccb; --pas-border: #808b9d;
  }
}
* { box-sizing: border-box; }
html, body { margin: 0; min-block-size: 100%; background: var(--pas-background); color: var(--pas-text); font: 1rem/1.5 var(--pas-font); }
body { min-block-size: 100vh; display: grid; place-items: center; padding: 1rem; }
main { inline-size: 100%; max-inline-size: 30rem; }
section { background: var(--pas-surface); border: 1px solid var(--pas-border); border-radius: var(--pas-radius); padding: 1.25rem; }
section:focus { outline: none; }
h1 { font-size: 1rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
.origin { margin: 0; color: var(--pas-muted); font-size: .875rem; overflow-wrap: anywhere; }
.text { margin: 1.25rem 0; font-size: 1.25rem; line-height: 1.45; overflow-wrap: anywhere; white-space: pre-wrap; }
.text bdi { font-weight: 650; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1 1 8rem; min-block-size: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  border: 1px solid var(--pas-border); border-radius: var(--pas-radius); background: transparent; color: inherit;
  touch-action: manipulation; }
button.confirm { background: var(--pas-accent); border-color: var(--pas-accent); color: var(--pas-accent-text);
  transition: opacity .15s; }
button[aria-disabled=true] { cursor: default; background: transparent; color: var(--pas-muted); border: 1px dashed var(--pas-border); }
button:focus-visible { outline: 3px solid var(--pas-accent); outline-offset: 3px; }
.status { margin: 0; min-block-size: 1.5em; color: var(--pas-muted); }
.status:not(:empty) { margin-block-start: 1rem; }
[hidden] { display: none !important; }
@media (forced-colors: active) {
  button[aria-disabled=true] { color: GrayText; border-color: GrayText; }
  button.confirm:not([aria-disabled=true]) { border-width: 2px; }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;

/** Dresses the document. */
export function dress(theme: Theme): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
  // One by one, so that a value can't be more than a value.
  for (const [name, value] of Object.entries(theme)) document.documentElement.style.setProperty(name, value);
}
