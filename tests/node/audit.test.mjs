// Where decisions go, and the chained file from which nothing can be taken unseen.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { metrics, trace } from '@opentelemetry/api';
import { consoleAudit, openTelemetryAudit, pinoAudit, toAll } from 'partitioned-authority/audit';
import { fileAudit, verifyAuditFiles } from 'partitioned-authority/audit/file';
import pino from 'pino';
import { accepted, refused } from './kit/expect.mjs';
import { startSite } from './kit/site.mjs';

const CLI = fileURLToPath(
  import.meta.resolve('partitioned-authority/package.json').replace('package.json', 'cli/pas.js'),
);

const decision = (n) => ({
  event: 'request',
  at: 1_800_000_000_000 + n,
  method: 'GET',
  path: `/ä/${n}`,
  outcome: n % 3 ? 'accepted' : 'refused',
});

async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'pas-audit-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function chainOf(t, count, options = {}) {
  const path = join(await folder(t), 'audit.log');
  const audit = await fileAudit({ path, ...options });
  await Promise.all(Array.from({ length: count }, (_, n) => audit.audit(decision(n))));
  await audit.close();
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return { path, lines, head: audit.head, text: (changed) => `${changed.join('\n')}\n` };
}

async function pas(...args) {
  return promisify(execFile)(process.execPath, [CLI, ...args]).then(
    ({ stdout }) => ({ status: 0, stdout }),
    ({ code, stdout, stderr }) => ({ status: code, stdout, stderr }),
  );
}

for (const key of [undefined, randomBytes(32)]) {
  const kind = key ? 'under a key' : 'without a key';

  test(`a chained log verifies, and no byte of it can change: ${kind}`, async (t) => {
    const { path, lines, head } = await chainOf(t, 12, { key });
    assert.deepEqual(await verifyAuditFiles([path], { key }), { ok: true, lines: 13, head });
    assert.deepEqual(
      lines.slice(1).map((line) => JSON.parse(line).decision),
      Array.from({ length: 12 }, (_, n) => decision(n)),
    );
    const bytes = await readFile(path);
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [1, 0x20, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at] ^= bit;
        await writeFile(path, changed);
        assert.equal((await verifyAuditFiles([path], { key })).ok, false, `byte ${at}, bit ${bit}`);
      }
    }
    await writeFile(path, bytes);
    assert.equal((await verifyAuditFiles([path], { key })).ok, true);
  });

  test(`no line can be removed, doubled, added or moved: ${kind}`, async (t) => {
    const { path, lines, text } = await chainOf(t, 6, { key });
    const broken = async (changed, why) => {
      await writeFile(path, text(changed));
      assert.equal((await verifyAuditFiles([path], { key })).ok, false, why);
    };
    for (let i = 0; i < lines.length; i += 1) {
      // The last line is the cut tail, which only an anchor shows.
      if (i < lines.length - 1) await broken(lines.toSpliced(i, 1), `removed ${i}`);
      await broken(lines.toSpliced(i, 0, lines[i]), `doubled ${i}`);
      await broken(lines.toSpliced(i, 0, '{}'), `added ${i}`);
      for (let j = i + 1; j < lines.length; j += 1) {
        await broken(lines.with(i, lines[j]).with(j, lines[i]), `swapped ${i} ${j}`);
      }
    }
    await writeFile(path, text(lines));
    assert.equal((await verifyAuditFiles([path], { key })).ok, true);
  });
}

test('a cut tail and a chain written anew are found by an anchor, and only so', async (t) => {
  const anchors = [];
  const { path, lines, text, head } = await chainOf(t, 9, { onAnchor: (at) => anchors.push(at), anchorEvery: 4 });
  assert.deepEqual(
    anchors.map(({ seq }) => seq),
    [4, 8, 10],
  );
  assert.deepEqual(anchors.at(-1), head);
  assert.equal((await verifyAuditFiles([path], { anchors })).ok, true);
  await writeFile(path, text(lines.slice(0, -1)));
  assert.equal((await verifyAuditFiles([path])).ok, true, 'without an anchor nothing tells');
  const cut = await verifyAuditFiles([path], { anchors });
  assert.deepEqual([cut.ok, cut.line], [false, 9]);
  assert.match(cut.fault, /cut off/);
  await rm(path);
  const forged = await fileAudit({ path });
  for (let n = 0; n < 9; n += 1) await forged.audit(decision(n + 100));
  await forged.close();
  assert.equal((await verifyAuditFiles([path])).ok, true);
  assert.match((await verifyAuditFiles([path], { anchors })).fault, /written anew/);
});

test('a tail that was cut, and a chain that went on to the same number, are found by the anchors of both', async (t) => {
  const anchors = [];
  const options = { onAnchor: (at) => anchors.push(at), anchorEvery: 4 };
  const { path, lines, text } = await chainOf(t, 7, options);
  await writeFile(path, text(lines.slice(0, 3)));
  const again = await fileAudit({ path, ...options });
  for (let n = 0; n < 4; n += 1) await again.audit(decision(n));
  await again.close();
  assert.equal((await verifyAuditFiles([path], { anchors: anchors.slice(-1) })).ok, true, 'the new chain is one');
  assert.deepEqual(
    anchors.map(({ seq }) => seq),
    [4, 8, 8, 4, 8, 8],
  );
  assert.match((await verifyAuditFiles([path], { anchors })).fault, /anchored twice/);
});

test('a chain goes on from the line that was anchored, and from no other', async (t) => {
  const { head } = await chainOf(t, 3);
  const path = join(await folder(t), 'next.log');
  const next = await fileAudit({ path, after: head });
  await next.close();
  const anchors = [{ seq: head.seq, hash: 'B'.repeat(43) }];
  assert.equal((await verifyAuditFiles([path], { after: head, anchors: [head] })).ok, true);
  assert.match((await verifyAuditFiles([path], { after: head, anchors })).fault, /another line/);
});

test('a key is bytes, or their base64url; an option that is not known is refused', async (t) => {
  const key = randomBytes(32);
  for (const given of [key, key.toString('base64url'), Buffer.from(`${key.toString('base64url')}\n`)]) {
    const { path } = await chainOf(t, 1, { key: given });
    assert.equal((await verifyAuditFiles([path], { key })).ok, true);
  }
  const path = join(await folder(t), 'x.log');
  for (const bad of [{ key: 'short' }, { key: 5 }, { onAnchr: () => 0 }, { onAnchor: 5 }, { anchorEvery: 0 }]) {
    await assert.rejects(fileAudit({ path, ...bad }), { code: 'ERR_CONFIG_INVALID' });
  }
});

test('under a key nobody else can write a chain', async (t) => {
  const { path } = await chainOf(t, 3);
  const key = randomBytes(32);
  assert.equal((await verifyAuditFiles([path], { key })).ok, false);
  assert.equal((await verifyAuditFiles([path])).ok, true);
  await assert.rejects(fileAudit({ path, key }), { code: 'ERR_CONFIG_INVALID' });
  await assert.rejects(fileAudit({ path, key: randomBytes(31) }), { code: 'ERR_CONFIG_INVALID' });
});

test('a log goes on where it ended, in the same file and in the next one', async (t) => {
  const { path, head } = await chainOf(t, 3);
  const again = await fileAudit({ path });
  await again.audit(decision(3));
  await again.close();
  assert.equal(again.head.seq, head.seq + 2);
  const next = join(await folder(t), 'next.log');
  const further = await fileAudit({ path: next, after: again.head });
  await further.audit(decision(4));
  await further.close();
  assert.deepEqual(await verifyAuditFiles([path, next]), { ok: true, lines: 8, head: further.head });
  assert.equal((await verifyAuditFiles([next, path])).ok, false);
  assert.equal((await verifyAuditFiles([next])).ok, false);
  assert.equal((await verifyAuditFiles([next], { after: again.head })).ok, true);
});

test('a line that a crash cut short is removed, and the log says so', async (t) => {
  const { path, lines } = await chainOf(t, 3);
  const { length } = await readFile(path);
  await truncate(path, length - 10);
  assert.match((await verifyAuditFiles([path])).fault, /cut short/);
  const again = await fileAudit({ path });
  await again.close();
  assert.equal((await verifyAuditFiles([path])).ok, true);
  const last = JSON.parse((await readFile(path, 'utf8')).trim().split('\n').at(-1));
  assert.equal(last.opened.torn, Buffer.byteLength(lines.at(-1)) - 9);
});

test('a file that is no chain, or that something else writes to, is not written to', async (t) => {
  const path = join(await folder(t), 'x.log');
  await writeFile(path, 'something else\n');
  await assert.rejects(fileAudit({ path }), { code: 'ERR_CONFIG_INVALID' });
  assert.equal(await readFile(path, 'utf8'), 'something else\n');
  const { path: good } = await chainOf(t, 1);
  const audit = await fileAudit({ path: good });
  await audit.audit(decision(1));
  await appendFile(good, 'x');
  await assert.rejects(audit.audit(decision(2)), { code: 'ERR_CONFIG_INVALID' });
  await audit.close();
});

test('pas audit verify, pas secret', async (t) => {
  const key = randomBytes(32);
  const { path, lines, text, head } = await chainOf(t, 5, { key });
  const keyFile = join(await folder(t), 'key');
  await writeFile(keyFile, `${key.toString('base64url')}\n`);
  const anchor = `${head.seq}:${head.hash}`;
  const good = await pas('audit', 'verify', '--key-file', keyFile, '--anchor', anchor, path);
  assert.deepEqual([good.status, good.stdout], [0, `ok: 6 lines, the last is ${anchor}\n`]);
  await writeFile(path, text(lines.toSpliced(3, 1)));
  const bad = await pas('audit', 'verify', '--key-file', keyFile, path);
  assert.equal(bad.status, 1);
  assert.equal(bad.stdout, `FAULT ${path}, line 4: not line 4 of the chain: one was removed, added or moved\n`);
  for (const args of [
    ['audit'],
    ['audit', 'verify'],
    ['audit', 'verify', '--anchor', 'x', path],
    ['audit', 'verify', `${path}.none`],
  ]) {
    assert.equal((await pas(...args)).status, 2, args.join(' '));
  }
  assert.match((await pas('secret')).stdout, /^[\w-]{43}\n$/);
  for (const args of [[], ['--help']]) assert.match((await pas(...args)).stdout, /pas audit verify/);
});

test('console, pino, OpenTelemetry and several at once hear of real decisions', async (t) => {
  const printed = [];
  const target = { info: (line) => printed.push(['info', line]), warn: (line) => printed.push(['warn', line]) };
  const logged = [];
  const logger = pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) });
  const counted = [];
  const events = [];
  const api = {
    trace: { getActiveSpan: () => ({ addEvent: (...event) => events.push(event) }) },
    metrics: { getMeter: () => ({ createCounter: () => ({ add: (...add) => counted.push(add) }) }) },
  };
  const failing = () => {
    throw new Error('full disk');
  };
  const site = await startSite(t, {
    audit: toAll(failing, consoleAudit(target), pinoAudit(logger), openTelemetryAudit(api)),
  });
  const frame = await site.enrolled('alice');
  printed.length = logged.length = counted.length = events.length = 0;
  await accepted(frame.fetch({ target: '/api/a?secret=1' }));
  await refused(frame.fetch({ target: '/api/a?secret=1' }, { bytes: () => Buffer.alloc(64) }), 'ERR_SIG_INVALID');
  assert.deepEqual(
    printed.map(([level]) => level),
    ['info', 'warn'],
  );
  assert.deepEqual(
    logged.map(({ level, msg }) => [level, msg]),
    [
      [30, 'GET /api/a accepted'],
      [40, 'GET /api/a refused ERR_SIG_INVALID'],
    ],
  );
  assert.deepEqual(counted, [
    [1, { 'pas.event': 'request', 'pas.outcome': 'accepted', 'pas.tier': 'signed' }],
    [1, { 'pas.event': 'request', 'pas.outcome': 'refused', 'pas.code': 'ERR_SIG_INVALID' }],
  ]);
  assert.deepEqual(events[0], [
    'pas.decision',
    {
      'pas.event': 'request',
      'pas.outcome': 'accepted',
      'pas.tier': 'signed',
      'http.request.method': 'GET',
      'url.path': '/api/a',
    },
  ]);
  const proof = await frame.proof({ action: 'act', method: 'GET', target: '/api/act?', kind: 'keyboard' });
  await accepted(frame.fetch({ target: '/api/act', proof }));
  assert.deepEqual(counted.at(-1)[1], {
    'pas.event': 'request',
    'pas.outcome': 'accepted',
    'pas.tier': 'interactive',
    'pas.band': 'ordinary',
  });
  const { interaction } = JSON.parse(printed.at(-1)[1]);
  assert.deepEqual(Object.keys(interaction).sort(), ['band', 'bound', 'kind', 'reasons', 'score', 'session']);
  const everything = JSON.stringify([printed, logged, counted, events]);
  assert.ok(!everything.includes('secret=1') && everything.includes('alice'));
  assert.ok(!JSON.stringify([counted, events]).includes('alice'));
});

test('the real OpenTelemetry API takes the calls', () => {
  openTelemetryAudit({ trace, metrics })(decision(1));
});

test('calls that change who may do what are told of, in every sink', async (t) => {
  const path = join(await folder(t), 'audit.log');
  const file = await fileAudit({ path });
  const printed = [];
  const logged = [];
  const counted = [];
  const events = [];
  const api = {
    trace: { getActiveSpan: () => ({ addEvent: (...event) => events.push(event) }) },
    metrics: { getMeter: () => ({ createCounter: () => ({ add: (...add) => counted.push(add) }) }) },
  };
  const target = {
    info: (line) => printed.push(['info', JSON.parse(line)]),
    warn: (line) => printed.push(['warn', JSON.parse(line)]),
  };
  const logger = pino({ level: 'info' }, { write: (line) => logged.push(JSON.parse(line)) });
  let down = false;
  const wrap = (store) =>
    new Proxy(store, {
      get: (inner, name) =>
        down
          ? async () => {
              throw new Error('connection refused');
            }
          : inner[name].bind(inner),
    });
  const site = await startSite(t, {
    wrap,
    audit: toAll(file.audit, consoleAudit(target), pinoAudit(logger), openTelemetryAudit(api)),
  });
  const frames = [];
  for (let i = 0; i < 3; i += 1) frames.push(await site.enrolled('alice'));
  const [first, second, third] = frames.map(({ account }) => account.session);
  const { authority, time } = site;
  const at = time.now;
  for (const [call, told] of [
    [() => authority.begin({ id: 'bob', label: 'laptop' }), { event: 'begin', userId: 'bob' }],
    [
      () => authority.sessions.revoke('alice', first),
      { event: 'sessions.revoke', userId: 'alice', session: first, count: 1 },
    ],
    [
      () => authority.sessions.revoke('alice', first),
      { event: 'sessions.revoke', userId: 'alice', session: first, count: 0 },
    ],
    [
      () => authority.sessions.revokeAll('alice', { except: third }),
      { event: 'sessions.revokeAll', userId: 'alice', except: third, count: 1 },
    ],
    [() => authority.sessions.revokeAll('alice'), { event: 'sessions.revokeAll', userId: 'alice', count: 1 }],
    [
      () => authority.passkeys.remove('alice', 'none'),
      { event: 'passkeys.remove', userId: 'alice', passkey: 'none', count: 0 },
    ],
    [() => authority.ticketUrl({ id: second, slot: 'AAAAAAAA' }, '/a'), { event: 'ticketUrl', session: second }],
  ]) {
    printed.length = logged.length = counted.length = events.length = 0;
    await call();
    assert.deepEqual(printed, [['info', { ...told, at, outcome: 'accepted' }]]);
    assert.deepEqual(
      logged.map(({ level, msg }) => [level, msg]),
      [[30, `${told.event} accepted`]],
    );
    const kind = { 'pas.event': told.event, 'pas.outcome': 'accepted' };
    assert.deepEqual([counted, events], [[[1, kind]], [['pas.decision', kind]]]);
    down = true;
    await assert.rejects(call(), /connection refused/);
    down = false;
    const { count, ...about } = told;
    assert.deepEqual(printed[1], [
      'warn',
      { ...about, at, outcome: 'refused', code: 'ERR_STORE_DOWN', detail: 'connection refused' },
    ]);
    assert.deepEqual([logged[1].level, logged[1].msg], [40, `${told.event} refused ERR_STORE_DOWN`]);
  }
  await assert.rejects(authority.ticketUrl({ id: second, slot: 'AAAAAAAA' }, '//evil.test/'), {
    code: 'ERR_JSON_INVALID',
  });
  assert.deepEqual([printed.at(-1)[1].event, printed.at(-1)[1].code], ['ticketUrl', 'ERR_JSON_INVALID']);
  await file.close();
  assert.equal((await pas('audit', 'verify', path)).status, 0);
});

test('control requests that are refused by rate, by route or by their head are told of, once each', async (t) => {
  const site = await startSite(t, { limits: { control: { limit: 4, windowMs: 3_600_000 } } });
  const frame = site.frame();
  const told = [];
  const hear = async (pending, code) => {
    site.decisions.length = 0;
    await refused(pending, code);
    told.push(
      ...site.decisions.map(({ event, outcome, code: why, method, path }) => [event, outcome, why, method, path]),
    );
  };
  await hear(frame.plain({ method: 'POST', target: '/.pas/nothing' }), 'ERR_NOT_FOUND');
  await hear(frame.plain({ method: 'DELETE', target: '/.pas/hello' }), 'ERR_NOT_FOUND');
  await hear(
    frame.plain({ method: 'POST', target: '/.pas/hello', fields: [['Origin', 'http://evil.test']] }),
    'ERR_ORIGIN_REFUSED',
  );
  site.decisions.length = 0;
  for (let i = 0; i < 3; i += 1) await accepted(frame.hello());
  assert.deepEqual(site.decisions, [], 'a hello that is answered decides nothing');
  await hear(frame.plain({ method: 'POST', target: '/.pas/hello' }), 'ERR_RATE_LIMITED');
  assert.deepEqual(told, [
    ['request', 'refused', 'ERR_NOT_FOUND', 'POST', '/.pas/nothing'],
    ['request', 'refused', 'ERR_NOT_FOUND', 'DELETE', '/.pas/hello'],
    ['request', 'refused', 'ERR_ORIGIN_REFUSED', 'POST', '/.pas/hello'],
    ['request', 'refused', 'ERR_RATE_LIMITED', 'POST', '/.pas/hello'],
  ]);
});
