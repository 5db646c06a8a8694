// The interaction proof: bound to one action and request, counted, and evidence only.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { accepted, refused } from './kit/expect.mjs';
import { HUMAN_PATH, KINDS, byteSequence, encodeProof } from './kit/signer.mjs';
import { startSite } from './kit/site.mjs';

const ACT = { method: 'POST', target: '/api/act?x=1', type: 'application/json', body: '{"amount":1}' };
const BINDING = { action: 'act', method: ACT.method, target: ACT.target, body: ACT.body };

async function ready(t, options) {
  const site = await startSite(t, options);
  const frame = await site.enrolled();
  /** Sends the action with a proof of these fields. */
  const act = async (fields = {}, change) =>
    frame.fetch({ ...ACT, proof: await frame.proof({ ...BINDING, ...fields }) }, change);
  return { site, frame, act };
}

const tier = { tier: 'interactive' };

test('an interactive route needs a proof', async (t) => {
  const { frame, act, site } = await ready(t);
  await refused(frame.fetch(ACT), 'ERR_TIER_REQUIRED', tier);
  assert.deepEqual(site.seen, []);
  const { json } = await accepted(act({ eventId: Buffer.alloc(8, 5), age: 1234, dwell: 90 }));
  assert.equal(json.tier, 'interactive');
  assert.deepEqual(
    [json.interaction.kind, json.interaction.ageMs, json.interaction.bound, json.interaction.plausible],
    ['mouse', 1234, true, true],
  );
  assert.equal(json.interaction.eventId, Buffer.alloc(8, 5).toString('base64url'));
  assert.equal(json.interaction.samples, HUMAN_PATH.length);
  assert.equal(json.interaction.features.dwellMs, 90);
});

test('a cookie, or a signature without the session, is no interaction', async (t) => {
  const { site, frame, act } = await ready(t);
  const proof = await frame.proof(BINDING);
  await refused(
    frame.plain({ ...ACT, body: Buffer.from(ACT.body), fields: [['Interaction-Proof', byteSequence(proof)]] }),
    'ERR_SIG_MISSING',
  );
  await refused(site.frame().plain({ ...ACT, body: Buffer.from(ACT.body) }), 'ERR_SESSION_MISSING');
  await accepted(act());
});

test('a proof is bound to action, method, target and content', async (t) => {
  const { frame, act } = await ready(t);
  for (const [name, fields] of [
    ['another action', { action: 'other' }],
    ['the action in another case', { action: 'Act' }],
    ['no action', { action: '' }],
    ['another method', { method: 'PUT' }],
    ['another path', { target: '/api/other?x=1' }],
    ['another query', { target: '/api/act?x=2' }],
    ['no query', { target: '/api/act' }],
    ['other content', { body: '{"amount":1000}' }],
    ['no content', { body: undefined }],
    ['nothing at all', { hash: Buffer.alloc(16) }],
  ]) {
    await t.test(name, async () => {
      await refused(act(fields), 'ERR_TIER_REQUIRED', tier);
      await accepted(act());
    });
  }
  await t.test('no query is a question mark', async () => {
    const bare = { method: 'POST', target: '/api/act' };
    await accepted(frame.fetch({ ...bare, proof: await frame.proof({ action: 'act', ...bare }) }));
  });
  await t.test('moved to another request after signing', async () => {
    const proof = byteSequence(await frame.proof(BINDING));
    const swap = (fields) => fields.map(([field, value]) => [field, field === 'Interaction-Proof' ? proof : value]);
    await refused(act({}, { fields: swap }), 'ERR_SIG_INVALID');
    await accepted(frame.fetch({ ...ACT, proof }));
  });
});

test('on a signed route a proof is evidence, no requirement', async (t) => {
  const { frame } = await ready(t);
  const { json } = await accepted(
    frame.fetch({ ...ACT, target: '/api/a', proof: await frame.proof({ ...BINDING, target: '/api/a' }) }),
  );
  assert.equal(json.tier, 'signed', 'the route has no action');
  assert.equal(json.interaction.bound, false);
  const unlikely = await accepted(frame.fetch({ target: '/api/a', proof: encodeProof({ flags: 0 }) }));
  assert.equal(unlikely.json.interaction.plausible, false);
  assert.equal((await accepted(frame.fetch({ target: '/api/a' }))).json.interaction, undefined);
});

test('an interaction is covered if and only if it is there', async (t) => {
  const { frame, act } = await ready(t);
  const proof = await frame.proof(BINDING);
  for (const [name, request, change] of [
    [
      'present and not covered',
      { ...ACT, proof },
      { components: (names) => names.filter((other) => other !== 'interaction-proof') },
    ],
    ['added after signing', ACT, { fields: (fields) => [...fields, ['Interaction-Proof', byteSequence(proof)]] }],
    [
      'removed after signing',
      { ...ACT, proof },
      { fields: (fields) => fields.filter(([field]) => field !== 'Interaction-Proof') },
    ],
    ['twice', { ...ACT, proof }, { fields: (fields) => [...fields, ['Interaction-Proof', byteSequence(proof)]] }],
    [
      'covered before the digest',
      { ...ACT, proof },
      { components: (names) => [...names.slice(0, -2), names.at(-1), names.at(-2)] },
    ],
  ]) {
    await t.test(name, async () => {
      await refused(frame.fetch(request, change), 'ERR_SIG_PROFILE');
      await accepted(act());
    });
  }
});

test('an interaction is at most 5 s old', async (t) => {
  const { act } = await ready(t);
  await accepted(act({ age: 0 }));
  await accepted(act({ age: 5000 }));
  await refused(act({ age: 5001 }), 'ERR_PROOF_MALFORMED');
  await refused(act({ age: 65_535 }), 'ERR_PROOF_MALFORMED');
});

test('one interaction serves four requests', async (t) => {
  const { act, site } = await ready(t);
  const eventId = randomBytes(8);
  for (let i = 0; i < 4; i += 1) await accepted(act({ eventId }));
  const before = await site.snapshot('alice');
  await refused(act({ eventId }), 'ERR_PROOF_REUSED');
  await refused(act({ eventId, age: 4000, dwell: 100 }), 'ERR_PROOF_REUSED');
  assert.equal(await site.snapshot('alice'), before);
  await accepted(act());
  assert.equal(site.seen.length, 5);
});

test('of 20 requests at once for one interaction exactly four are accepted', async (t) => {
  const { act } = await ready(t);
  const eventId = randomBytes(8);
  const answers = await Promise.all(Array.from({ length: 20 }, () => act({ eventId })));
  assert.equal(answers.filter(({ status }) => status === 200).length, 4);
  assert.equal(answers.filter(({ code }) => code === 'ERR_PROOF_REUSED').length, 16);
});

test('a refused request spends no use of its interaction', async (t) => {
  const { act } = await ready(t, { interactionUses: 1 });
  const eventId = randomBytes(8);
  await refused(act({ eventId, action: 'other' }), 'ERR_TIER_REQUIRED', tier);
  await refused(act({ eventId, flags: 0 }), 'ERR_TIER_REQUIRED', tier);
  await refused(act({ eventId }, { body: '{"amount":2}' }), 'ERR_DIGEST_MISMATCH');
  await accepted(act({ eventId }));
  await refused(act({ eventId }), 'ERR_PROOF_REUSED');
});

test('an interaction of another session is another interaction', async (t) => {
  const { act, site } = await ready(t, { interactionUses: 1 });
  const eventId = randomBytes(8);
  await accepted(act({ eventId }));
  const second = await site.enrolled();
  await accepted(second.fetch({ ...ACT, proof: await second.proof({ ...BINDING, eventId }) }));
  await refused(act({ eventId }), 'ERR_PROOF_REUSED');
});

test('a proof that the honest key signs, cut at any length, is malformed', async (t) => {
  const { frame, act, site } = await ready(t);
  const whole = await frame.proof(BINDING);
  const before = await site.snapshot('alice');
  for (let length = 0; length < whole.length; length += 1) {
    await refused(frame.fetch({ ...ACT, proof: whole.subarray(0, length) }), 'ERR_PROOF_MALFORMED');
  }
  await refused(frame.fetch({ ...ACT, proof: Buffer.concat([whole, Buffer.alloc(1)]) }), 'ERR_PROOF_MALFORMED');
  assert.equal(await site.snapshot('alice'), before);
  await accepted(frame.fetch({ ...ACT, proof: whole }));
  await accepted(act());
});

test('one value has one encoding', async (t) => {
  const { frame, act } = await ready(t);
  const changed = async (edit) => {
    const bytes = [...(await frame.proof(BINDING))];
    edit(bytes);
    return frame.fetch({ ...ACT, proof: Buffer.from(bytes) });
  };
  for (const version of [0, 2, 255]) await refused(act({ version }), 'ERR_PROOF_MALFORMED');
  for (const bit of [32, 64, 128]) await refused(act({ flags: 1 + bit }), 'ERR_PROOF_MALFORMED');
  for (const kind of [5, 6, 255]) await refused(act({ kind, samples: [] }), 'ERR_PROOF_MALFORMED');
  await t.test('out of range', async () => {
    for (const fields of [
      { dwell: 30_001 },
      { detail: 256 },
      { offset: [1001, 0] },
      { offset: [0, 1001] },
      { width: 65_536 },
      { height: 70_000 },
      { ratio: 0 },
      { ratio: 257 },
      { samples: Array(101).fill([1, 1, 1]) },
      { samples: [[2001, 1, 1]] },
      {
        samples: [
          [1500, 1, 1],
          [501, 1, 1],
        ],
      },
      { samples: [[1, 8192, 0]] },
      { samples: [[1, 0, -8192]] },
      { kind: 'keyboard', offset: [1, 0] },
      { kind: 'assistive', offset: [0, 1] },
      { kind: 'keyboard', samples: [[1, 1, 1]] },
    ])
      await refused(act(fields), 'ERR_PROOF_MALFORMED');
  });
  await t.test('at the edge of the range', async () => {
    for (const fields of [
      { dwell: 30_000 },
      { dwell: undefined },
      { detail: 255 },
      { offset: [1000, 1000] },
      { width: 65_535, height: 65_535 },
      { ratio: 1 },
      { ratio: 256 },
      { samples: Array.from({ length: 100 }, (_, i) => [20, i % 7, i < 50 ? 3 : -3]) },
      { samples: [[2000, 1, 1]] },
      {
        samples: [
          [1500, 1, 1],
          [500, 1, 1],
        ],
      },
      { samples: [[999, 8191, -8191]] },
      { samples: [] },
    ])
      await accepted(act(fields));
  });
  await t.test('an integer in a longer form', async () => {
    await refused(
      changed((bytes) => bytes.splice(29, 1, bytes[29] | 0x80, 0)),
      'ERR_PROOF_MALFORMED',
    );
    await refused(
      changed((bytes) => bytes.splice(29, 1, 0x80, 0x80, 0x80, 1)),
      'ERR_PROOF_MALFORMED',
    );
    await accepted(changed(() => {}));
  });
  await t.test('more samples than there are', async () => {
    const empty = [...(await frame.proof({ ...BINDING, samples: [] }))];
    assert.equal(empty.at(-1), 0);
    await refused(frame.fetch({ ...ACT, proof: Buffer.from([...empty.slice(0, -1), 1]) }), 'ERR_PROOF_MALFORMED');
    await accepted(frame.fetch({ ...ACT, proof: Buffer.from(empty) }));
  });
  await t.test('longer than 447 bytes', async () => {
    const path = (count) => Array.from({ length: count }, (_, i) => [20, 300 + i, -300 + 2 * i]);
    const long = await frame.proof({ ...BINDING, samples: path(90) });
    assert.ok(long.length > 447);
    await refused(frame.fetch({ ...ACT, proof: long }), 'ERR_PROOF_MALFORMED');
    const fits = await frame.proof({ ...BINDING, samples: path(80) });
    assert.ok(fits.length > 400 && fits.length <= 447);
    await accepted(frame.fetch({ ...ACT, proof: fits }));
  });
});

test('the field is one byte sequence', async (t) => {
  const { frame, act } = await ready(t);
  const field = byteSequence(await frame.proof(BINDING));
  for (const proof of [
    '',
    ':',
    '::',
    'a',
    '1',
    '?1',
    '"text"',
    field.slice(0, -1),
    field.slice(1),
    `${field};x`,
    `${field}, ${field}`,
    `(${field})`,
    field.replaceAll(/[A-Z]/g, '*'),
  ]) {
    await refused(frame.fetch({ ...ACT, proof }), 'ERR_PROOF_MALFORMED');
  }
  await accepted(frame.fetch({ ...ACT, proof: field }));
  await accepted(act());
});

test('nobody is refused for the device they use', async (t) => {
  const { act } = await ready(t);
  for (const kind of Object.keys(KINDS)) {
    await t.test(kind, async () => {
      for (const fields of [
        {},
        { dwell: undefined },
        { dwell: 0 },
        { detail: 0 },
        { width: 0, height: 0 },
        { flags: 1 + 8 },
        { samples: [] },
      ]) {
        const { json } = await accepted(act({ kind, ...fields }));
        assert.equal(json.interaction.kind, kind);
        assert.equal(json.tier, 'interactive');
      }
    });
  }
});

test('what no person does does not reach the tier', async (t) => {
  const { act, site } = await ready(t);
  for (const [name, fields, twin] of [
    ['events that were not trusted', { flags: 0 }, { flags: 1 }],
    ['untrusted keys', { kind: 'keyboard', flags: 0 }, { kind: 'keyboard' }],
    [
      'a ruled line at constant speed',
      { samples: Array(20).fill([16, -12, 5]) },
      {
        samples: Array(20)
          .fill([16, -12, 5])
          .map(([dt, dx, dy], i) => [dt, dx, dy + (i % 5)]),
      },
    ],
    [
      'a jump and an instant click',
      {
        samples: [
          [1, 0, 0],
          [16, -300, 80],
        ],
        dwell: 0,
      },
      {
        samples: [
          [1, 0, 0],
          [16, -300, 80],
        ],
        dwell: 60,
      },
    ],
    ['a jump that the page reports', { flags: 1 + 16, samples: [], dwell: 0 }, { flags: 1 + 16, samples: [] }],
    [
      'an impossible speed',
      { samples: Array(8).fill([1, -200, 3]) },
      {
        samples: Array(8)
          .fill([16, -200, 3])
          .map(([dt, dx, dy], i) => [dt, dx + 9 * i, dy * i]),
      },
    ],
    [
      'many samples at one time',
      { samples: Array.from({ length: 40 }, (_, i) => [0, -30, i % 7]) },
      { samples: Array.from({ length: 40 }, (_, i) => [9 + (i % 3), -30, i % 7]) },
    ],
  ]) {
    await t.test(name, async () => {
      site.decisions.length = 0;
      const answer = await refused(act(fields), 'ERR_TIER_REQUIRED', tier);
      assert.ok(!/plausible|trusted|line|speed/.test(answer.text), 'the reasons are for the operator');
      assert.match(site.decisions[0].detail, /^interaction not plausible: /);
      await accepted(act(twin));
    });
  }
});
