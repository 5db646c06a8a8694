// The consent window in plain JavaScript, written from docs/protocol.md: it picks the template, shows, and states what
// was shown. It shares no code with the package.
import { createHash } from 'node:crypto';
import { byteSequence } from './signer.mjs';

const sha256 = (text) => createHash('sha256').update(text).digest();

/** RFC 8785 for what templates hold: objects of strings, with names of which UTF-16 and code points agree. */
const jcs = (value) =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : `{${Object.keys(value)
        .sort()
        .map((name) => `${JSON.stringify(name)}:${jcs(value[name])}`)
        .join(',')}}`;

/** What names a template on the wire. */
export const versionOf = (template) => sha256(jcs(template)).subarray(0, 16);

const sfString = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The field. `text` is what was shown. */
export const consentField = ({
  act,
  version,
  language = 'en',
  text = 'as shown',
  surface = 'popup',
  verified = false,
}) =>
  `act=${sfString(act)}, ver=${byteSequence(version)}, lang=${sfString(language)}, text=${byteSequence(sha256(text))}, ` +
  `surface=${surface}${verified ? ', uv' : ''}`;

/** What the server registered. */
export async function published(frame) {
  return (await frame.plain({ target: '/.pas/templates', cookies: '' })).json;
}

/** A consent to a registered action, as the window states it once a person confirmed. */
export async function consentTo(frame, act, more = {}) {
  const { templates } = await published(frame);
  const template = templates.find((one) => one.act === act);
  return consentField({ act, version: versionOf(template), verified: template.tier === 'verified', ...more });
}
