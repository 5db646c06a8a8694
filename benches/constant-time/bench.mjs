// Does time tell where a secret differs? Pairs of requests that differ only in that, inspected in turn by the
// verifier as it ships, in the manner of dudect: interleaved, outliers cut off, Welch's t. Beside them a
// pair that is the same twice (what noise looks like), and one with a comparison that ends at the first
// difference (what a leak looks like on this machine). Every call is refused for its nonce, or the bench fails: it
// times the comparison and nothing else. It prints; judging is yours.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rounds } from '../rounds.mjs';

const SAMPLES = rounds(40_000, 200);
const WARM_UP = rounds(4_000, 20);
const now = 1_800_000_000_000;

// The verifier as the server uses it.
const { Core } = await import(new URL('./core.js', import.meta.resolve('partitioned-authority/verifier')));
const core = new Core(
  {
    authority: 'app.example.com',
    appOrigin: 'https://app.example.com',
    signOrigin: 'https://sign.example.com',
    headerLimit: 16_384,
    windows: {},
    signals: 'off',
    onMismatch: 'audit',
    stepUp: 'consent',
    onWeak: 'audit',
    interactionUses: 4,
    remembers: false,
  },
  [randomBytes(32)],
);

const keyid = randomBytes(32).toString('base64url');
const S = Buffer.from(core.nonce(keyid, now), 'base64url');
const client = randomBytes(16).toString('base64url');
const ownSecret = randomBytes(32);

/** A head as an adapter passes it on. */
function head({ server = S, cookie = ownSecret }) {
  const input =
    `pas=("@method" "@authority" "@path" "@query");created=${now / 1000}` +
    `;nonce="${server.toString('base64url')}.${client}";keyid="${keyid}";alg="ecdsa-p256-sha256";tag="pas-1"`;
  return [
    'Cookie',
    `__Host-pas=1.AAAAAAAA.${cookie.toString('base64url')}`,
    'Signature-Input',
    input,
    'Signature',
    `pas=:${Buffer.alloc(64, 1).toString('base64')}:`,
  ].join('\n');
}

/** S with one byte of its MAC changed. */
function changed(at) {
  const bytes = Buffer.from(S);
  bytes[11 + at] ^= 0x40;
  return bytes;
}

const route = { tier: 'signed', action: undefined, control: false, ticket: false, policy: false };

/** What the verifier says of a head: a code, or what it wants next. */
function verdict(fields) {
  const flow = core.begin({ method: 'GET', target: '/', fields, count: 3 }, undefined, route, now);
  const { step } = flow;
  flow.end();
  return step.kind === 'refuse' ? step.code : step.kind;
}

let refused = 0;
function inspect(fields) {
  if (verdict(fields) === 'ERR_NONCE_INVALID') refused += 1;
}

function endsEarly(a, b) {
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

const mac = S.subarray(11);
const first = head({ server: changed(0) });
const last = head({ server: changed(15) });
const every = head({ server: Buffer.concat([S.subarray(0, 11), Buffer.from(mac.map((byte) => byte ^ 0xff))]) });
const zeros = head({ server: changed(0), cookie: Buffer.alloc(32) });
const ones = head({ server: changed(0), cookie: Buffer.alloc(32, 0xff) });

/** What is done, and the two inputs to it. One function for both: engines treat two functions differently. */
const pairs = {
  'the same twice (noise)': [inspect, first, first],
  'MAC of the nonce: first byte, last byte': [inspect, first, last],
  'MAC of the nonce: one bit, all bits': [inspect, first, every],
  'cookie: all bits 0, all bits 1': [inspect, zeros, ones],
  'ends early: first byte, last byte (a leak)': [
    (wrong) => {
      inspect(first);
      endsEarly(wrong, mac);
    },
    changed(0).subarray(11),
    changed(15).subarray(11),
  ],
};

/** Times with each input, ns, in random turns. */
function measure([work, ...inputs], samples) {
  const times = [new Float64Array(samples), new Float64Array(samples)];
  const turns = randomBytes(samples);
  for (let index = 0; index < samples; index += 1) {
    for (const which of turns[index] & 1 ? [0, 1] : [1, 0]) {
      const start = process.hrtime.bigint();
      work(inputs[which]);
      times[which][index] = Number(process.hrtime.bigint() - start);
    }
  }
  return times;
}

/** Mean and variance of what lies below `cut`. */
function moments(times, cut) {
  const kept = times.filter((time) => time <= cut);
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  return { mean, error: kept.reduce((sum, time) => sum + (time - mean) ** 2, 0) / (kept.length - 1) / kept.length };
}

// The twin: the same head with the nonce as it was made gets past the comparison that is timed.
assert.equal(verdict(head({})), 'gather');
console.log(`${'pair'.padEnd(46)} ${'first'.padStart(9)} ${'second'.padStart(9)}    ratio  |t|`);
for (const [name, pair] of Object.entries(pairs)) {
  measure(pair, WARM_UP);
  const times = measure(pair, SAMPLES);
  const cut = Float64Array.from([...times[0], ...times[1]]).sort()[Math.floor(SAMPLES * 2 * 0.9)];
  const [one, two] = times.map((own) => moments(own, cut));
  const means = [one, two].map(({ mean }) => `${mean.toFixed(0).padStart(6)} ns`).join(' ');
  const t = Math.abs(one.mean - two.mean) / Math.sqrt(one.error + two.error);
  console.log(`${name.padEnd(46)} ${means}  ${(one.mean / two.mean).toFixed(4)}  ${t.toFixed(1)}`);
}
assert.equal(refused, Object.keys(pairs).length * 2 * (SAMPLES + WARM_UP), 'something else than the nonce was timed');
