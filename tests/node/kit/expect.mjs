// What an answer must look like: the table of refusals, held on every one of them.
import assert from 'node:assert/strict';

/** code → status and, for 401, the `error` of `WWW-Authenticate`. */
export const REFUSALS = {
  ERR_SIG_MALFORMED: [400],
  ERR_SIG_PROFILE: [400],
  ERR_DIGEST_MISMATCH: [400],
  ERR_PROOF_MALFORMED: [400],
  ERR_KEY_INVALID: [400],
  ERR_SESSION_MISSING: [401],
  ERR_SESSION_ENDED: [401],
  ERR_KEY_MISMATCH: [401],
  ERR_SIG_MISSING: [401],
  ERR_SIG_INVALID: [401],
  ERR_ENROL_REFUSED: [401],
  ERR_NONCE_INVALID: [401, 'use_nonce'],
  ERR_NONCE_EXPIRED: [401, 'use_nonce'],
  ERR_TIME_STALE: [401, 'use_nonce'],
  ERR_TIME_FUTURE: [401, 'use_nonce'],
  ERR_STORE_CHANGED: [401, 'use_nonce'],
  ERR_ALG_REFUSED: [401, 'use_alg'],
  ERR_MAC_RETIRED: [401, 'rekey'],
  ERR_TIER_REQUIRED: [401, 'step_up_required'],
  ERR_ORIGIN_REFUSED: [403],
  ERR_CONSENT_MISMATCH: [403],
  ERR_UV_INVALID: [403],
  ERR_POLICY_REFUSED: [403],
  ERR_NONCE_USED: [409],
  ERR_PROOF_REUSED: [409],
  ERR_BODY_LIMIT: [413],
  ERR_BODY_ENCODING: [415],
  ERR_RATE_LIMITED: [429],
  ERR_HEADER_LIMIT: [431],
  ERR_STORE_DOWN: [503],
  ERR_STORE_FULL: [503],
};

/** Codes that the table of the design does not name, but the wire carries. */
export const FURTHER = {
  ERR_SESSION_LIMIT: [403],
  ERR_TICKET_INVALID: [401],
  ERR_VERIFIER_FAULT: [503],
  ERR_NOT_FOUND: [404],
  ERR_JSON_INVALID: [400],
  ERR_BODY_UNREADABLE: [400],
};

/** Holds that an answer is this refusal, in the one form of refusals. */
export async function refused(pending, code, { tier } = {}) {
  const answer = await pending;
  assert.equal(answer.code, code, `wanted ${code}, got ${answer.status} ${answer.text}`);
  const [status, next] = REFUSALS[code] ?? FURTHER[code];
  assert.equal(answer.status, status);
  assert.equal(answer.get('content-type'), 'application/problem+json');
  assert.equal(answer.get('cache-control'), 'no-store');
  assert.equal(answer.get('pas-error'), code, 'an answer to HEAD has it too');
  assert.equal(answer.json.status, status);
  assert.equal(answer.json.type, 'about:blank');
  assert.equal(answer.json.tier, tier);
  const allowed = ['type', 'title', 'status', 'code', 'tier'];
  assert.deepEqual(
    Object.keys(answer.json).filter((name) => !allowed.includes(name)),
    [],
    'a refusal says little',
  );
  const parameters = [next && `error="${next}"`, tier && `tier="${tier}"`].filter(Boolean).join(', ');
  assert.equal(answer.get('www-authenticate'), status === 401 ? `PAS${parameters && ` ${parameters}`}` : undefined);
  return answer;
}

/** Holds that a handler got the request. */
export async function accepted(pending) {
  const answer = await pending;
  assert.equal(answer.status, 200, `wanted acceptance, got ${answer.status} ${answer.text}`);
  return answer;
}

/** The same for what `authority.raw.verify` gives. */
export async function refusal(pending, code) {
  const outcome = await pending;
  assert.equal(outcome.ok, false, `wanted ${code}, was accepted`);
  assert.equal(outcome.code, code, outcome.detail);
  return outcome;
}

export async function acceptance(pending) {
  const outcome = await pending;
  assert.equal(outcome.ok, true, `wanted acceptance, got ${outcome.code}: ${outcome.detail}`);
  return outcome;
}
