/**
 * A whole device of an attacker: his own account, key and session, enrolled over the real endpoints.
 * Not being a browser, it writes any `Origin` it likes; that buys it a session of its own, and no more.
 */
import { newKey, signatureHeaders } from './signature.mjs';
import { send } from './thief.mjs';

const JSON_TYPE = 'application/json';

/** Logs `user` in, enrols a fresh key, and returns the device. `origin` is the `Origin` header it claims. */
export async function enrolDevice({ authority, appOrigin, signOrigin, user, origin = signOrigin }) {
  const { setCookie } = await authority.begin({ id: user, label: 'The lab’s device' });
  const ticket = setCookie.split(';', 1)[0];
  const key = newKey();
  const hello = await send(control('/.pas/hello', {}, { appOrigin, origin: signOrigin, cookie: ticket }));
  const { now, challenge } = JSON.parse(hello.body);
  const enrol = control('/.pas/enrol', { jwk: key.jwk }, { appOrigin, origin, cookie: ticket });
  Object.assign(
    enrol.headers,
    signatureHeaders({
      method: 'POST',
      authority: new URL(appOrigin).host,
      target: enrol.target,
      contentType: JSON_TYPE,
      body: enrol.body,
      key,
      serverNonce: challenge,
      created: Math.floor(now / 1000),
      tag: 'pas-1-ctl',
    }),
  );
  const answer = await send(enrol);
  const pairs = (answer.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]);
  const cookie = pairs.find((pair) => /^__Host-pas(?!-enrol)/.test(pair));
  return { user, key, cookie, answer };
}

/** A fresh server nonce for `keyid`, as anybody gets it who can write an `Origin` header. */
export async function askNonce({ appOrigin, signOrigin, keyid, cookie }) {
  const answer = await send(control('/.pas/hello', { keyid }, { appOrigin, origin: signOrigin, cookie }));
  const { nonce, now } = JSON.parse(answer.body);
  return { nonce, created: Math.floor(now / 1000) };
}

function control(target, value, { appOrigin, origin, cookie }) {
  const headers = { origin, 'content-type': JSON_TYPE, ...(cookie && { cookie }) };
  return { origin: appOrigin, method: 'POST', target, headers, body: Buffer.from(JSON.stringify(value)) };
}
