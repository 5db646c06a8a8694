/**
 * The lab: what attackers need that a page can't do itself. Only this demo has these endpoints. They
 * answer the demo's own page only, and every request they make goes to the demo's own ports.
 */
import express, { Router } from 'express';
import { askNonce, enrolDevice } from './device.mjs';
import { problem } from './problem.mjs';
import { newKey, signatureHeaders } from './signature.mjs';
import { send } from './thief.mjs';

const VISITOR = 'lab-visitor';
const ATTACKER = 'mallory';
const METHODS = ['GET', 'POST', 'DELETE'];
const HEADERS = ['content-type', 'content-digest', 'interaction-proof', 'signature-input', 'signature', 'origin'];

export function createLab({ authority, appOrigin, signOrigin, reports }) {
  const lab = Router();
  let device;
  lab.use(express.json({ limit: '64kb' }));

  /**
   * Sends one request from outside the browser. Body: `{ method, target, headers?, body?, cookie, key? }`.
   * `cookie`: `browser` copies this browser's cookies as an infostealer would, `attacker` uses the attacker's
   * own session, `none` sends none. `key`: `fresh` or `attacker` signs with a key that the attacker holds.
   */
  lab.post('/send', async (req, res) => {
    const { method, target, headers = {}, body: text, cookie, key: which, keyid } = req.body ?? {};
    const known = METHODS.includes(method) && typeof target === 'string' && /^\/(?!lab\b)[\x21-\x7e]*$/.test(target);
    if (!known || Object.keys(headers).some((name) => !HEADERS.includes(name))) {
      return problem(res, 400, 'LAB_MALFORMED', 'The lab does not send such a request.');
    }
    const body = typeof text === 'string' ? Buffer.from(text) : undefined;
    const stolen = { browser: () => req.headers.cookie, attacker: async () => (await attacker()).cookie }[cookie];
    const sent = { ...headers, ...(stolen && { cookie: await stolen() }) };
    if (which) {
      const key = which === 'attacker' ? (await attacker()).key : newKey();
      const claimed = keyid ?? key.thumbprint;
      const { nonce, created } = await askNonce({ appOrigin, signOrigin, keyid: claimed, cookie: sent.cookie });
      const authorityName = new URL(appOrigin).host;
      const message = { method, authority: authorityName, target, contentType: sent['content-type'], body };
      Object.assign(sent, signatureHeaders({ ...message, key, keyid: claimed, serverNonce: nonce, created }));
    }
    res.json(wire(await send({ origin: appOrigin, method, target, headers: sent, body })));
  });

  /** Enrols a device of the attacker with `Origin: origin`, over the real endpoints. */
  lab.post('/enrol', async (req, res) => {
    const origin = String(req.body?.origin ?? signOrigin);
    const { answer } = await enrolDevice({ authority, appOrigin, signOrigin, user: ATTACKER, origin });
    res.json(wire(answer));
  });

  /** An enrolment ticket for the lab's own visitor account, as after a login. */
  lab.post('/visitor', async (req, res) => {
    const { setCookie } = await authority.begin({ id: VISITOR, label: 'Attack lab' });
    res.append('set-cookie', setCookie).json({ user: VISITOR });
  });

  /** Ends every session of the visitor account, as its owner would from another device. */
  lab.post('/visitor/revoke', async (req, res) => {
    res.json({ revoked: await authority.sessions.revokeAll(VISITOR) });
  });

  /** The signing page's own answer, with the headers that decide who may frame it. */
  lab.post('/signing-page', async (req, res) => {
    const { pathname, search, origin } = new URL(String(req.body?.url), signOrigin);
    if (origin !== signOrigin) return problem(res, 400, 'LAB_MALFORMED', 'The lab asks the signing origin only.');
    const { headers, ...answer } = await send({
      origin: signOrigin,
      method: 'GET',
      target: pathname + search,
      headers: {},
    });
    res.json({ ...wire({ headers, ...answer }), policy: headers['content-security-policy'] ?? '' });
  });

  /** What the hostile page reported, once it has. */
  lab.post('/reports/:id', (req, res) => {
    const report = reports.get(req.params.id);
    res.set('cache-control', 'no-store').json({ report: report ?? null });
  });

  return lab;

  async function attacker() {
    device ??= enrolDevice({ authority, appOrigin, signOrigin, user: ATTACKER }).catch((error) => {
      device = undefined;
      throw error;
    });
    return device;
  }
}

/** What the page may see of an exchange: everything but cookies. */
function wire({ line, sent, status, headers, body, ms }) {
  const { 'set-cookie': _, ...visible } = headers;
  return { line, sent, status, headers: visible, body: body.toString('utf8').slice(0, 4000), ms };
}
