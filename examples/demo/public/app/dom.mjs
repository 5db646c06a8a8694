/** The few DOM helpers the page needs. Text is set as text; no markup is ever parsed. */

export const byId = (id) => document.getElementById(id);

/** `element('p', { class: 'quiet', hidden: true, onclick }, 'text', child)` */
export function element(name, properties = {}, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** The same for SVG. */
export function drawn(name, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return node;
}

/** Puts `text` into a live region. `kind` is good, bad, or nothing. */
export function say(region, text, kind = '') {
  region.dataset.kind = kind;
  region.textContent = text;
}

/**
 * Runs `task` once at a time for `button`, which keeps its focus while it waits.
 * A failure is said in `region`.
 */
export async function once(button, region, task) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  try {
    await task();
  } catch (error) {
    say(region, error instanceof Error ? error.message : String(error), 'bad');
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** The submit button of `form`. */
export const submitOf = (form) => form.querySelector('button[type=submit]');
