// Behind the documented Caddy; and what happens behind one that is set up otherwise.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { accepted, refused } from '../node/kit/expect.mjs';
import { behaves } from './kit/behaviour.mjs';
import { startCaddy } from './kit/caddy.mjs';
import { makeCertificate } from './kit/certificate.mjs';
import { caddy } from './kit/installed.mjs';
import { startStack } from './kit/site.mjs';

const certificate = makeCertificate({ after });
const PROXY = '\treverse_proxy 127.0.0.1:3000 {';

async function otherwise(t, edits, options = {}) {
  const site = await startStack(t, { proxy: startCaddy, certificate, edits, ...options });
  return { site, frame: await site.enrolled() };
}

describe('Caddy', { skip: !caddy && 'Caddy is not installed' }, () => {
  const changed = ['/a|b', '/a^b', '/a{b}', '/a"b', '/a`b'];
  behaves(startCaddy, { certificate, targets: { refused: ['/a%', '/%zz'], changed } });

  test('rewrites: what they change is refused, and nothing else runs', async (t) => {
    for (const [directive, target, arrives] of [
      ['uri strip_prefix /v1', '/v1/api/a', '/api/a'],
      ['uri replace /old /api', '/old/a', '/api/a'],
      ['rewrite /old /api/a', '/old', '/api/a'],
      ['rewrite /api/a {path}?', '/api/a?to=bob', '/api/a'],
      ['rewrite /api/b /api/b?x=1', '/api/b', '/api/b?x=1'],
    ]) {
      await t.test(directive, async (t) => {
        const { site, frame } = await otherwise(t, [[PROXY, `\t${directive}\n${PROXY}`]]);
        site.forget();
        await refused(frame.fetch({ target }), 'ERR_SIG_INVALID');
        assert.deepEqual([site.requests.at(-1).target, site.seen], [arrives, []]);
        await accepted(frame.fetch({ target: '/api/a' }));
      });
    }
  });

  test('a request that Caddy repeats on a kept connection is refused the second time, and runs once', async (t) => {
    const { site, frame } = await otherwise(t, [['keepalive off', '']]);
    await accepted(frame.fetch());
    site.forget();
    await refused(frame.fetch({ target: '/api/dies/a' }), 'ERR_NONCE_USED');
    assert.equal(site.requests.length, 2, 'Caddy sent it twice');
    assert.equal(site.seen.length, 1, 'it ran once');
    await accepted(frame.fetch({ target: '/api/dies/a' }));
    await t.test('a POST it does not repeat', async () => {
      site.forget();
      const answer = await frame.fetch({ method: 'POST', target: '/api/dies/b', type: 'text/plain', body: 'x' });
      assert.equal(answer.status, 502);
      assert.deepEqual([site.requests.length, site.seen.length], [1, 1]);
    });
  });

  test("the client's own Forwarded, left in place, moves nobody to another address", async (t) => {
    const limits = { refusals: { limit: 2, windowMs: 3_600_000 } };
    const site = await startStack(t, { proxy: startCaddy, certificate, edits: [['header_up -Forwarded', '']], limits });
    const [one, two] = ['127.0.0.2', '127.0.0.3'].map((from) => site.transports['HTTP/1.1'](from));
    const bob = await site.enrolled(two, 'bob');
    const fields = [['Forwarded', 'for=127.0.0.3']];
    const stranger = (more) => site.frame(one).plain({ target: '/api/x', ...more });
    for (let i = 0; i < 2; i += 1) await refused(stranger({ fields }), 'ERR_SESSION_MISSING');
    await refused(stranger({ fields }), 'ERR_RATE_LIMITED');
    await accepted(bob.fetch());
    await refused(stranger(), 'ERR_SESSION_MISSING');
  });
});
