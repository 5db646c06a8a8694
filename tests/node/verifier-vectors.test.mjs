// The vectors by the package's verifier: its exports, and whole requests through all three crypto providers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canonicalizeJson,
  decodeInteractionProof,
  jwkThumbprint,
  parseStructuredField,
  serializeStructuredField,
  verifySignature,
} from 'partitioned-authority/verifier';
import { independent } from '../independent/load.mjs';
import { incoming, packageServer } from '../independent/package.mjs';
import { bytesOf } from '../vectors/cases/jcs.mjs';
import { acceptedAt } from '../vectors/cases/structured-field-characters.mjs';
import { plain } from '../vectors/cases/structured-field.mjs';
import {
  consentTo,
  deployment,
  nonceOf,
  proofOf,
  requestOf,
  secrets,
  signed,
  tickets,
} from '../vectors/deployment.mjs';
import { casesOf, differences, vectors } from '../vectors/read.mjs';

const PROVIDERS = ['native', 'webcrypto', 'wasm'];
const {
  base64url,
  checkNonce,
  consentField,
  deriveSecrets,
  fromBase64url,
  keyPair,
  readCredential,
  readTemplate,
  sha256,
  unhex,
  userTag,
  utf8,
  writeCredential,
} = independent;

/** A refusal as an error, as the exports throw theirs. */
class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** Has a server of its own judge one request; every refusal is thrown. */
async function judged(of, request, route, { before = 0, events = [], ...options } = {}) {
  const authority = await packageServer(of, options);
  try {
    const verify = (one) => authority.raw.verify(incoming(requestOf(one)), route);
    for (const earlier of [...events, ...Array(before).fill(request)]) assert.equal((await verify(earlier)).ok, true);
    const found = await verify(request);
    if (!found.ok) throw new Refused(found.code);
    return found;
  } finally {
    await authority.close();
  }
}

test('templates', async () => {
  const authority = await packageServer(deployment);
  // In TypeScript `surface` may be left out.
  const given = ({ name, template }) => typeof template === 'object' && template !== null && name !== 'without surface';
  let count = 0;
  const read = ({ template: { act, ...form } }) => {
    // Each under a path of its own: one request, one action.
    const path = typeof form.path === 'string' ? `/${(count += 1)}${form.path}` : form.path;
    authority.action(typeof act === 'string' && act !== '' ? `${act.slice(0, 50)} ${count}${act.slice(50)}` : act, {
      ...form,
      path,
    });
    return {};
  };
  const cases = casesOf('consent-template').filter(given);
  // What is wrong with its beginning is not seen behind another one; what is wrong with its length is changed.
  const kept = cases.filter(
    ({ template }) => !(template.path ?? '/').match(/^[^/]|^$/) && !(template.act?.length >= 64),
  );
  assert.deepEqual(await differences(kept, read), []);
  assert.ok(kept.length > 80);
  await authority.close();
});

test('what requests show by their templates', async () => {
  const cases = casesOf('consent-request');
  const read = async ({ name, template, path, query, content, language }) => {
    const { act, version } = readTemplate(template);
    const consent = consentField({
      act,
      version,
      language,
      text: sha256(utf8(name)),
      surface: 'popup',
      verified: false,
    });
    const bytes = unhex(content);
    const request = signed(name, {
      method: 'POST',
      target: query === '?' ? path : path + query,
      consent,
      ...(bytes.length > 0 ? { content: bytes, type: 'application/json' } : {}),
    });
    const found = await judged({ ...deployment, templates: [template] }, request, { tier: 'consent', action: act });
    return { values: Object.entries(found.consent.values).sort(([a], [b]) => (a < b ? -1 : 1)) };
  };
  assert.deepEqual(await differences(cases, read), []);
  assert.ok(cases.length > 200);
});

test('the field Pas-Consent', async () => {
  // Nobody registered these actions: a field that can be read is a consent to something else.
  const cases = casesOf('consent-field')
    .filter(({ field }) => field.trim() === field)
    .map(({ code = 'ERR_CONSENT_MISMATCH', ...one }) => ({ ...one, code }));
  const read = ({ name, field }) => judged(deployment, signed(name, { consent: field }), { tier: 'signed' });
  assert.deepEqual(await differences(cases, read), []);
  const pay = {
    method: 'POST',
    target: '/pay/bob?note=x',
    type: 'application/json',
    content: '{"amount":10}',
    consent: consentTo('pay'),
  };
  assert.equal((await judged(deployment, signed('pay', pay), { tier: 'consent', action: 'pay' })).tier, 'consent');
});

test('JSON texts', async () => {
  assert.deepEqual(await differences(casesOf('jcs'), (one) => ({ canonical: canonicalizeJson(bytesOf(one)) })), []);
  const texts = casesOf('jcs').filter(({ hex }) => hex === undefined);
  assert.deepEqual(await differences(texts, (one) => ({ canonical: canonicalizeJson(bytesOf(one).toString()) })), []);
});

test('structured fields', async () => {
  const read = ({ type, text }) => {
    const value = parseStructuredField(type, text);
    const canonical = serializeStructuredField(type, value);
    assert.deepEqual(parseStructuredField(type, canonical), value, text);
    return { value: plain(value), canonical };
  };
  assert.deepEqual(await differences(casesOf('structured-field'), read), []);
});

test('structured fields, one character at a time', async () => {
  const accepts = (type) => (text) => {
    try {
      return parseStructuredField(type, text) !== undefined;
    } catch (error) {
      assert.equal(error.code, 'ERR_SIG_MALFORMED');
      return false;
    }
  };
  const read = (place) => ({ accepted: acceptedAt(place, accepts(place.type)) });
  assert.deepEqual(await differences(casesOf('structured-field-characters'), read), []);
});

test('public keys, by the export', async () => {
  // It ignores members beside the four, as RFC 7517 has it; an enrolment refuses them.
  const cases = casesOf('public-key').map(({ otherMembers, code, ...one }) =>
    otherMembers ? one : { ...one, ...(code && { code }) },
  );
  for (const provider of PROVIDERS) {
    const read = async ({ jwk, thumbprint }) => {
      const options = { alg: 'ecdsa-p256-sha256', jwk, base: 'x', signature: new Uint8Array(64), provider };
      assert.equal(await verifySignature(options), false);
      return thumbprint === undefined ? {} : { thumbprint: jwkThumbprint(jwk) };
    };
    assert.deepEqual(await differences(cases, read), [], provider);
  }
});

test('public keys, by enrolment', async () => {
  const signer = keyPair(sha256(utf8('key of dave')));
  const expected = casesOf('public-key').map((one) => ({ ...one, code: one.code ?? 'ERR_SIG_INVALID' }));
  const read = async ({ name, jwk, thumbprint }) => {
    const request = signed(name, {
      method: 'POST',
      target: '/.pas/enrol',
      type: 'application/json',
      content: JSON.stringify({ jwk }),
      origin: deployment.signOrigin,
      tag: 'pas-1-ctl',
      cookie: `__Host-pas-enrol=${tickets.enrolment.value}`,
      by: signer,
      keyid: thumbprint ?? signer.keyid,
      nonce: nonceOf(name, { key: secrets.challenge, bound: utf8(tickets.enrolment.id) }),
    });
    const authority = await packageServer(deployment);
    const { status, body } = await authority.raw.handle(incoming(requestOf(request)));
    await authority.close();
    // A good key gets as far as its signature, which is another's here.
    if (status !== 200) throw new Refused(JSON.parse(body).code);
  };
  assert.deepEqual(await differences(expected, read), []);
});

for (const provider of PROVIDERS) {
  test(`signatures: ${provider}`, async () => {
    const read = async ({ alg, jwk, key, base, signature }) => {
      const isValid = await verifySignature({
        alg,
        base,
        signature: unhex(signature),
        provider,
        ...(jwk ? { jwk } : { key: unhex(key) }),
      });
      if (!isValid) throw new Refused('ERR_SIG_INVALID');
    };
    assert.deepEqual(await differences(casesOf('signature'), read), []);
  });
}

test('interaction proofs', async () => {
  const ordered = (value) => {
    const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const cases = casesOf('interaction-proof').map((one) =>
    one.decoded ? { ...one, decoded: ordered(one.decoded) } : one,
  );
  assert.deepEqual(
    await differences(cases, ({ bytes }) => ({ decoded: ordered(decodeInteractionProof(unhex(bytes))) })),
    [],
  );
  const field = ({ bytes }) => ({ decoded: ordered(decodeInteractionProof(`:${unhex(bytes).toString('base64')}:`)) });
  assert.deepEqual(await differences(cases, field), []);
});

test('user tags', async () => {
  const read = async ({ secret, userId }) => {
    const authority = await packageServer({ ...deployment, secret });
    const { setCookie } = await authority.begin({ id: userId });
    await authority.close();
    return { tag: /^__Host-pas-enrol=1\.([^.]{8})\./.exec(setCookie)[1] };
  };
  assert.deepEqual(await differences(casesOf('user-tag'), read), []);
});

/** A request of the key `name`, whose session is alice's. */
async function ofKey(name, how, route, { now = deployment.now, secret = deployment.secret, ...options } = {}) {
  const key = keyPair(sha256(utf8(name)));
  const cookie = writeCredential(userTag(deriveSecrets(unhex(secret)), 'alice'), sha256(utf8(name)));
  const request = signed(name, { by: key, cookie: `__Host-pas=${cookie}`, created: Math.floor(now / 1000), ...how });
  const session = { ...readCredential(cookie), userId: 'alice', jwk: key.jwk };
  return judged({ ...deployment, now, secret, sessions: [session] }, request, route, options);
}

test('nonces', async () => {
  // Challenges are enrolled with in control.json.
  const cases = casesOf('nonce').filter(({ use }) => use === 'nonce');
  const keys = new Map(
    ['nonce', 'nonce of another'].map((name) => [keyPair(sha256(utf8(name))).thumbprint.toString('hex'), name]),
  );
  const read = async ({ secret, bound, nonce, issuedAt = 1_800_000_000_123, code }) => {
    let replayKey;
    const admit = (store) => (admission) => {
      replayKey = admission.replayKey;
      return store.admit(admission);
    };
    const wrap = (store) =>
      new Proxy(store, { get: (target, name) => (name === 'admit' ? admit(target) : target[name].bind(target)) });
    await ofKey(keys.get(bound), { nonce }, { tier: 'signed' }, { now: issuedAt, secret, wrap });
    return code ? {} : { replayKey };
  };
  assert.deepEqual(await differences(cases, read), []);
});

test('action hashes', async () => {
  for (const { name, action, content, method, target, hash } of casesOf('action-hash')) {
    const how = (bytes) => ({
      method,
      target,
      ...(content ? { content: unhex(content) } : {}),
      proof: proofOf({ hash: bytes }),
    });
    const { tier } = await ofKey('action', how(unhex(hash)), { tier: 'interactive', action });
    assert.equal(tier, 'interactive', name);
    const another = Buffer.from(unhex(hash)).fill(unhex(hash)[15] ^ 1, 15);
    await assert.rejects(
      ofKey('action', how(another), { tier: 'interactive', action }),
      { code: 'ERR_TIER_REQUIRED' },
      name,
    );
  }
});

test('session cookies', async () => {
  const key = keyPair(sha256(utf8('session cookie')));
  const cases = casesOf('session-cookie');
  const users = new Map(['one', 'two', 'three'].map((userId) => [userTag(secrets, userId), userId]));
  const accepted = cases.filter(({ code }) => code === undefined);
  const known = new Map(
    accepted.map(({ tag, session }) => [session, { tag, id: session, userId: users.get(tag), jwk: key.jwk }]),
  );
  const of = { ...deployment, sessions: [...known.values()] };
  const read = async ({ name, fields, keyid }) => {
    const cookies = fields.map((value) => ['Cookie', value]);
    const request = keyid
      ? signed(name, { by: key, cookie: null, fields: cookies })
      : { method: 'GET', target: '/', fields: cookies };
    const { session } = await judged(of, request, { tier: keyid ? 'signed' : 'identified' });
    return { tag: session.slot, session: session.id };
  };
  assert.deepEqual(await differences(cases, read), []);
});

for (const crypto of PROVIDERS) {
  test(`whole requests: ${crypto}`, async () => {
    const { deployment: of, cases } = vectors('request');
    const read = async ({ request, route, before, events }) => ({
      tier: (await judged(of, request, route, { before, events, crypto })).tier,
    });
    assert.deepEqual(await differences(cases, read), []);
  });

  test(`requests of the frame: ${crypto}`, async () => {
    const { deployment: of, cases } = vectors('control');
    const read = async ({ request, before = 0, answer }) => {
      const authority = await packageServer(of, { crypto });
      const send = () => authority.raw.handle(incoming(requestOf(request)));
      for (let count = 0; count < before; count += 1) assert.equal((await send()).status, 200);
      const { status, body } = await send();
      await authority.close();
      const found = JSON.parse(body);
      if (status !== 200) throw new Refused(found.code);
      return { answer: described(answer, found, request) };
    };
    assert.deepEqual(await differences(cases, read), []);
  });
}

/** What the body of a 200 says, in the form of the vectors. A nonce must be good for the key it is for. */
function described({ endpoint, keyid, ...answer }, body, request) {
  const holds = (nonce, key, bound) => checkNonce(key, `${nonce}.AAAAAAAAAAAAAAAAAAAAAA`, bound) === deployment.now;
  const cookie = request.fields.find(([name]) => name === 'Cookie')?.[1] ?? '';
  switch (endpoint) {
    case 'hello': {
      const { nonce, challenge, keys, now } = body;
      assert.equal(now, deployment.now);
      const asked = JSON.parse(unhex(request.content).toString()).keyid;
      const ticket = /__Host-pas-enrol=1\.[^.]+\.([^;]+)/.exec(cookie)?.[1];
      const id = () => base64url(sha256(fromBase64url(ticket, 32)));
      return {
        endpoint,
        nonce: nonce !== undefined && holds(nonce, secrets.nonce, fromBase64url(asked, 32)),
        challenge: challenge !== undefined && holds(challenge, secrets.challenge, utf8(id())),
        ...(keys === undefined ? {} : { keys }),
      };
    }
    case 'enrol':
    case 'rekey':
      // The next nonce is for the new key.
      return { endpoint, keyid: holds(body.nonce, secrets.nonce, fromBase64url(keyid, 32)) ? keyid : 'another' };
    case 'ticket': {
      const [, url] = /^(.*)[?&]pas_ticket=1\.[\w-]{8}\.[\w-]{43}$/.exec(body.url) ?? [];
      return { endpoint, url: answer.url === `${url}?` ? answer.url : url };
    }
    default:
      return { endpoint };
  }
}
