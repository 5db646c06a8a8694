// Secrets are looked up by their hash: no store, audit sink or answer of the API ever gets one, so that none
// is compared there in a time that tells about it. SECURITY.md has every comparison.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { startSite } from './kit/site.mjs';

const hashOf = (credential) => createHash('sha256').update(credential.split('.')[2], 'base64url').digest('base64url');

/** A store that notes everything it is given. */
function recorded(notes) {
  return (store) =>
    new Proxy(store, {
      get(target, name) {
        const value = target[name];
        return typeof value !== 'function'
          ? value
          : (...given) => {
              notes.push(JSON.stringify([name, given]));
              return value.apply(target, given);
            };
      },
    });
}

test('a store and an audit get hashes of secrets, never secrets', async (t) => {
  const notes = [];
  const site = await startSite(t, { wrap: recorded(notes) });
  const secrets = new Map();
  const frame = await site.login(site.frame(), 'alice');
  secrets.set('enrolment ticket', frame.jar.get('__Host-pas-enrol'));
  await accepted(frame.enrol());
  secrets.set('session cookie', frame.jar.get('__Host-pas'));
  await accepted(frame.plain({ target: '/shell' }));
  await accepted(frame.fetch({ target: '/api/signed' }));
  const { url } = (await accepted(frame.control('ticket', { url: '/api/file?a=1' }))).json;
  secrets.set('URL ticket', url.split('pas_ticket=')[1]);
  // Without the session's cookie the look-up fails; with it it holds, once.
  await refused(frame.plain({ target: url, cookies: '' }), 'ERR_SESSION_MISSING');
  await accepted(frame.plain({ target: url }));
  await refused(frame.plain({ target: url }), 'ERR_TICKET_INVALID');
  await frame.refresh();
  await accepted(frame.rekey());
  await accepted(frame.hello({ body: '{"keys":true}' }));
  await frame.refresh();
  await accepted(frame.control('logout'));

  const given = notes.join('\n');
  const told = JSON.stringify(site.decisions);
  for (const [what, credential] of secrets) {
    const secret = credential.split('.')[2];
    assert.equal(secret.length, 43, what);
    assert.ok(given.includes(hashOf(credential)), `the store finds the ${what} by its hash`);
    const bytes = Buffer.from(secret, 'base64url');
    for (const spelling of [secret, bytes.toString('hex'), bytes.toString('base64')]) {
      assert.ok(!given.includes(spelling), `the store never sees the ${what}`);
      assert.ok(!told.includes(spelling), 'nor does the audit');
    }
  }
  assert.ok(told.includes(hashOf(secrets.get('session cookie'))), 'the audit was there');
});

test('one answer for every nonce that is not ours, whatever is wrong with it', async (t) => {
  const site = await startSite(t);
  const frame = await site.enrolled();
  const own = Buffer.from(frame.account.server, 'base64url');
  const answers = new Set();
  for (let at = 0; at < own.length; at += 1) {
    const changed = Buffer.from(own);
    changed[at] ^= 1;
    const answer = await refused(frame.fetch({}, { server: changed.toString('base64url') }), 'ERR_NONCE_INVALID');
    answers.add(answer.text);
  }
  assert.equal(answers.size, 1);
  await accepted(frame.fetch({}, { server: own.toString('base64url') }));
});
