// Binding signals: what is kept of a browser, what counts as another one, and what follows. Evidence only.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { startSite } from './kit/site.mjs';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const HINTS = {
  'Sec-CH-UA': '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'Sec-CH-UA-Mobile': '?0',
  'Sec-CH-UA-Platform': '"Windows"',
};
const NONE = { 'Sec-CH-UA': undefined, 'Sec-CH-UA-Mobile': undefined, 'Sec-CH-UA-Platform': undefined };
const ENROLLED = { 'User-Agent': CHROME, ...HINTS, 'X-Test-Address': '203.0.113.7' };

/** From now on the browser sends these fields with every request. */
function looking(site, frame, look) {
  const fields = Object.entries(look).filter(([, value]) => value !== undefined);
  frame.transport = (request) => site.http({ ...request, fields: [...request.fields, ...fields] });
  return frame;
}

/** A site that is told addresses by a field, and a browser enrolled with a look. */
async function stage(t, signals, look = ENROLLED) {
  const address = (request) => request.headers['x-test-address'];
  const site = await startSite(t, { adapter: { address }, ...(signals === undefined ? {} : { signals }) });
  const frame = await site.enrolled('alice', looking(site, site.frame(), look));
  site.decisions.length = 0;
  return { site, frame, as: (change) => looking(site, frame, { ...look, ...change }) };
}

/** A store that keeps other signals than those it is given. */
const keeping = (other) => (store) =>
  new Proxy(store, {
    get:
      (target, name) =>
      (...args) => {
        if (name !== 'create') return target[name](...args);
        const [session, ...rest] = args;
        return target.create({ ...session, signals: other(session.signals) }, ...rest);
      },
  });

const changed = (site) => site.decisions.at(-1).changed;
const act = { action: 'act', method: 'POST', target: '/api/act', body: 'x' };
const acting = async (frame) => frame.fetch({ ...act, proof: await frame.proof(act) });

test('a session keeps a small text of what was seen, and it never changes', async (t) => {
  const { site, frame, as } = await stage(t);
  const signals = async () => (await site.authority.sessions.list('alice'))[0].signals;
  const kept = await signals();
  assert.equal(
    kept,
    'v=1, ua=chrome, os=windows, net="203.0.113.0/24", ch-os="Windows", ch-mobile=?0, ch-brand="Google Chrome"',
  );
  as({ 'User-Agent': FIREFOX, 'X-Test-Address': '198.51.100.1' });
  await accepted(frame.fetch());
  await accepted(frame.rekey());
  assert.equal(await signals(), kept);
  assert.deepEqual(changed(site), ['network', 'browser', 'platform']);
});

test('however long the fields are', async (t) => {
  const long = 'x'.repeat(3000);
  const look = { 'User-Agent': long, 'Sec-CH-UA': `"${long}"`, 'Sec-CH-UA-Platform': `"${long}"` };
  const { site, frame } = await stage(t, { mode: 'strict', onMismatch: 'refuse' }, look);
  assert.equal((await site.authority.sessions.list('alice'))[0].signals, 'v=1, ua=other, os=other');
  await accepted(frame.fetch());
});

test('by default a change is told to the audit and the handler, and refuses nothing', async (t) => {
  const { site, frame, as } = await stage(t);
  await accepted(frame.fetch());
  assert.equal(changed(site), undefined);
  as({ 'User-Agent': FIREFOX, ...NONE });
  await accepted(frame.fetch());
  assert.deepEqual(changed(site), ['browser', 'platform', 'mobile', 'brand']);
  const { fields } = await frame.sign();
  const acceptance = await site.authority.verifyRequest(
    new Request(`${site.appOrigin}/api/signed`, { headers: [...fields, ['User-Agent', FIREFOX]] }),
    { tier: 'signed' },
  );
  assert.deepEqual(acceptance.changed, ['browser', 'platform', 'mobile', 'brand'], 'no address, no network');
});

describe('what counts', () => {
  const agent = (from, to) => ({ 'User-Agent': CHROME.replace(from, to) });
  /** What changes, what is told, and the modes in which it counts. */
  const looks = {
    'the same': [{}, undefined, []],
    'an update of the browser': [
      { ...agent('140', '141'), 'Sec-CH-UA': '"Google Chrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141"' },
      undefined,
      [],
    ],
    'another address of the network': [{ 'X-Test-Address': '203.0.113.200' }, undefined, []],
    'another network': [{ 'X-Test-Address': '198.51.100.7' }, ['network'], ['strict']],
    'from IPv4 to IPv6': [{ 'X-Test-Address': '2001:db8::1' }, ['network'], ['strict']],
    'an address in IPv6 notation': [{ 'X-Test-Address': '::ffff:203.0.113.9' }, undefined, []],
    'an address that nobody knows': [{ 'X-Test-Address': undefined }, undefined, []],
    'another browser': [agent('Safari/537.36', 'Safari/537.36 Edg/140.0.0.0'), ['browser'], ['relaxed', 'strict']],
    'no browser': [{ 'User-Agent': undefined }, ['browser', 'platform'], ['relaxed', 'strict']],
    'a tool': [{ 'User-Agent': 'curl/8.5.0' }, ['browser', 'platform'], ['relaxed', 'strict']],
    'another platform': [
      agent('Windows NT 10.0; Win64; x64', 'X11; Linux x86_64'),
      ['platform'],
      ['relaxed', 'strict'],
    ],
    'another platform, by its hint': [{ 'Sec-CH-UA-Platform': '"Linux"' }, ['platform'], ['relaxed', 'strict']],
    'hints that are not sent': [NONE, ['platform', 'mobile', 'brand'], ['strict']],
    'hints that are no structured fields': [
      { 'Sec-CH-UA': '(', 'Sec-CH-UA-Mobile': 'yes', 'Sec-CH-UA-Platform': 'Win"' },
      ['platform', 'mobile', 'brand'],
      ['strict'],
    ],
    'a mobile view': [{ 'Sec-CH-UA-Mobile': '?1' }, ['mobile'], ['strict']],
    'another brand': [{ 'Sec-CH-UA': '"Chromium";v="140", "Brave";v="140"' }, ['brand'], ['strict']],
  };
  for (const mode of ['relaxed', 'strict']) {
    for (const [name, [change, names, counts]] of Object.entries(looks)) {
      test(`${mode}: ${name}`, async (t) => {
        const { site, frame, as } = await stage(t, { mode, onMismatch: 'refuse' });
        as(change);
        if (counts.includes(mode)) await refused(frame.fetch(), 'ERR_POLICY_REFUSED');
        else await accepted(frame.fetch());
        assert.deepEqual(changed(site), names);
        as({});
        await accepted(frame.fetch());
        assert.equal(changed(site), undefined);
      });
    }
  }

  test('off: nothing is kept or compared', async (t) => {
    const { site, frame, as } = await stage(t, { mode: 'off', onMismatch: 'refuse' });
    const [{ signals, network }] = await site.authority.sessions.list('alice');
    assert.deepEqual([signals, network], [undefined, '203.0.113.0/24']);
    as({ 'User-Agent': FIREFOX });
    await accepted(frame.fetch());
    assert.equal(changed(site), undefined);
  });

  test('a session without signals, or with those of another version', async (t) => {
    for (const signals of [undefined, 'v=2, ua=nobody', 'not a dictionary (', '']) {
      const address = (request) => request.headers['x-test-address'];
      const site = await startSite(t, {
        adapter: { address },
        signals: { mode: 'strict', onMismatch: 'refuse' },
        wrap: keeping(() => signals),
      });
      const frame = await site.enrolled('alice', looking(site, site.frame(), { 'User-Agent': CHROME }));
      looking(site, frame, { 'User-Agent': FIREFOX });
      await accepted(frame.fetch());
    }
  });

  test('members of later versions of the text are ignored', async (t) => {
    const site = await startSite(t, {
      signals: { mode: 'strict', onMismatch: 'refuse' },
      wrap: keeping((signals) => `${signals}, tls="t13d1516h2_8daaf6152771", learned=(1 2);x`),
    });
    const frame = await site.enrolled('alice', looking(site, site.frame(), { 'User-Agent': CHROME }));
    await accepted(frame.fetch());
    looking(site, frame, { 'User-Agent': FIREFOX });
    await refused(frame.fetch(), 'ERR_POLICY_REFUSED');
  });
});

describe('refuse', () => {
  test('after the signature, before anything counts', async (t) => {
    const { site, frame, as } = await stage(t, { onMismatch: 'refuse' });
    const before = await site.snapshot('alice');
    as({ 'User-Agent': FIREFOX });
    site.seen.length = 0;
    await refused(frame.fetch({}, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
    await refused(frame.fetch({ method: 'POST', target: '/api/a', body: 'x' }, { body: 'y' }), 'ERR_DIGEST_MISMATCH');
    const request = await frame.sign();
    await refused(frame.send(request), 'ERR_POLICY_REFUSED');
    const { detail } = site.decisions.at(-1);
    assert.match(detail, /not the browser that enrolled: browser, platform/);
    assert.deepEqual(site.seen, []);
    assert.equal(await site.snapshot('alice'), before);
    as({});
    await accepted(frame.send(request));
    await refused(frame.send(request), 'ERR_NONCE_USED');
  });

  test('an interaction changes nothing', async (t) => {
    const { frame, as } = await stage(t, { onMismatch: 'refuse' });
    await accepted(acting(frame));
    as({ 'User-Agent': FIREFOX });
    await refused(acting(frame), 'ERR_POLICY_REFUSED');
  });

  test('rotation and tickets too; logging out is always possible', async (t) => {
    const { site, frame, as } = await stage(t, { onMismatch: 'refuse' });
    const url = (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
    await accepted(frame.rekey());
    as({ 'User-Agent': FIREFOX });
    await refused(frame.rekey(), 'ERR_POLICY_REFUSED');
    await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_POLICY_REFUSED');
    await refused(frame.plain({ target: url }), 'ERR_POLICY_REFUSED');
    await accepted(frame.plain({ target: '/shell' }));
    await accepted(frame.hello());
    await accepted(frame.control('logout'));
    assert.deepEqual(await site.authority.sessions.list('alice'), []);
  });

  test('a new log-in is a new enrolment', async (t) => {
    const { site, frame, as } = await stage(t, { onMismatch: 'refuse' });
    as({ 'User-Agent': FIREFOX });
    await refused(frame.fetch(), 'ERR_POLICY_REFUSED');
    await site.login(frame, 'alice');
    await accepted(frame.enrol());
    await accepted(frame.fetch());
    as({});
    await refused(frame.fetch(), 'ERR_POLICY_REFUSED');
  });
});

describe('step-up', () => {
  test('signed is not enough; interactive is', async (t) => {
    const { site, frame, as } = await stage(t, { onMismatch: 'step-up' });
    await accepted(frame.fetch());
    as({ 'User-Agent': FIREFOX });
    site.seen.length = 0;
    await refused(frame.fetch(), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    assert.match(site.decisions.at(-1).detail, /not the browser that enrolled/);
    await refused(frame.fetch({ ...act, proof: undefined }), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    assert.deepEqual(site.seen, []);
    await accepted(acting(frame));
    assert.deepEqual(changed(site), ['browser', 'platform']);
    as({});
    await accepted(frame.fetch());
  });

  test('a signed route that names its action can be stepped up', async (t) => {
    const configure = (app, pas) => {
      const answer = (request, response) => response.json({ tier: request.authority.tier });
      app.post('/api/save', pas.require({ tier: 'signed', action: 'save' }), answer);
    };
    const site = await startSite(t, { configure, signals: { onMismatch: 'step-up' } });
    const frame = await site.enrolled('alice', looking(site, site.frame(), { 'User-Agent': CHROME }));
    const save = { action: 'save', method: 'POST', target: '/api/save', body: 'x' };
    const saving = async (proof) => frame.fetch({ ...save, ...(proof ? { proof: await frame.proof(save) } : {}) });
    assert.equal((await accepted(saving(false))).json.tier, 'signed');
    looking(site, frame, { 'User-Agent': FIREFOX });
    await refused(saving(false), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    assert.equal((await accepted(saving(true))).json.tier, 'interactive');
  });

  test('what the frame does by itself has no interaction: it waits, and logging out does not', async (t) => {
    const { frame, as } = await stage(t, { onMismatch: 'step-up' });
    const url = (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
    as({ 'User-Agent': FIREFOX });
    await refused(frame.rekey(), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    await refused(frame.control('ticket', { url: '/api/file' }), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    await refused(frame.plain({ target: url }), 'ERR_TIER_REQUIRED', { tier: 'interactive' });
    await accepted(frame.control('logout'));
  });
});

test('tickets go with requests that carry no hints', async (t) => {
  const { site, frame, as } = await stage(t, { mode: 'strict', onMismatch: 'refuse' });
  const issue = async () => (await accepted(frame.control('ticket', { url: '/api/file' }))).json.url;
  const [bare, moved, other] = [await issue(), await issue(), await issue()];
  // A WebSocket's handshake has none.
  as(NONE);
  await accepted(frame.plain({ target: bare }));
  assert.equal(changed(site), undefined);
  as({ 'X-Test-Address': '198.51.100.7' });
  await refused(frame.plain({ target: moved }), 'ERR_POLICY_REFUSED');
  as({});
  await refused(frame.plain({ target: moved }), 'ERR_TICKET_INVALID');
  await accepted(frame.plain({ target: other }));
});

test('how much of an address is kept is configurable, and never all of it', async (t) => {
  for (const [network, v4, v6] of [
    [undefined, '203.0.113.0/24', '2001:db8:1::/48'],
    [{ ipv4: 16, ipv6: 32 }, '203.0.0.0/16', '2001:db8::/32'],
    [{ ipv4: 20, ipv6: 56 }, '203.0.112.0/20', '2001:db8:1:200::/56'],
    [{ ipv4: 0, ipv6: 0 }, undefined, undefined],
  ]) {
    const { site, frame, as } = await stage(t, { network });
    const kept = async () => (await site.authority.sessions.list('alice'))[0];
    assert.equal((await kept()).network, v4);
    assert.equal((await kept()).signals.includes('net='), v4 !== undefined);
    as({ 'X-Test-Address': '2001:db8:1:2ff::9' });
    await accepted(frame.fetch());
    assert.equal((await kept()).network, v6 ?? v4);
  }
});

test('every provider and the cached key come to the same', async (t) => {
  for (const crypto of ['native', 'webcrypto', 'wasm']) {
    const site = await startSite(t, { crypto, signals: { onMismatch: 'refuse' } });
    const frame = await site.enrolled('alice', looking(site, site.frame(), { 'User-Agent': CHROME }));
    // The first request looks the session up, the second finds it cached.
    for (let i = 0; i < 2; i += 1) await accepted(frame.fetch());
    looking(site, frame, { 'User-Agent': FIREFOX });
    for (let i = 0; i < 2; i += 1) await refused(frame.fetch(), 'ERR_POLICY_REFUSED');
  }
});
