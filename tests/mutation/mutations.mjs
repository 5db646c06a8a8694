// The mutation check, `npm run mutation`: honest requests of every kind, changed in every bit of every part
// that counts, in every byte of the signature's two fields, and in whole fields. Every mutant must be
// refused with a code of ours; the request itself is accepted before and after.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { errorCodes } from 'partitioned-authority/verifier';
import { incoming } from '../node/kit/site.mjs';
import { deletions, flips, insertions, parts, whole } from './mutants.mjs';
import { kinds, site } from './requests.mjs';

/** The code of a refusal, or undefined for an acceptance. */
async function judge(raw, request, route) {
  const arrived = incoming(request);
  if (route === undefined) {
    const reply = await raw.handle(arrived);
    // Not a path of ours any more: the app's routes see it, whatever they ask for.
    if (reply !== undefined) return reply.status < 300 ? undefined : code(JSON.parse(reply.body), reply.status);
  }
  const outcome = await raw.verify(arrived, route ?? { tier: 'signed' });
  return outcome.ok ? undefined : code(outcome, outcome.status);
}

function code({ code: found }, status) {
  assert.ok(errorCodes.includes(found), `a refusal without a code of ours: ${found}`);
  assert.ok(status >= 400 && status < 500, `${found}: a fault is no refusal`);
  return found;
}

/**
 * Runs the check.
 *
 * `rows`: what was changed, its length, how many mutants, how many were refused, and the codes. `accepted`:
 * mutants that were not refused. `same`: insertions that leave the value of a field what it was.
 */
export async function mutations() {
  const ends = [];
  const { authority, ...browsers } = site({ after: (end) => ends.push(end) });
  const { raw } = authority;
  const found = { accepted: 0, same: 0, rows: [] };
  const run = async (part, bytes, mutants, route) => {
    const row = { part, bytes, flips: 0, refused: 0, codes: {} };
    for (const mutant of mutants) {
      const refused = await judge(raw, mutant, route);
      row.flips += 1;
      if (refused === undefined) {
        found.accepted += 1;
        console.error(`${part}: ACCEPTED`, mutant);
      } else {
        row.refused += 1;
        row.codes[refused] = (row.codes[refused] ?? 0) + 1;
      }
    }
    found.rows.push(row);
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const honest = () => make({ authority, ...browsers });
    const [twin, { request, route, user }, other] = [await honest(), await honest(), await honest()];
    assert.equal(await judge(raw, twin.request, twin.route), undefined, `${kind}: its twin is accepted before`);
    const sessions = await authority.sessions.list(user);
    for (const part of parts(request)) {
      await run(`${kind}: ${part.name}`, part.bytes.length, flips(part), route);
      if (part.name !== 'Signature' && part.name !== 'Signature-Input') continue;
      await run(`${kind}: ${part.name}, a byte less`, part.bytes.length, deletions(part), route);
      const more = insertions(part, () => (found.same += 1));
      await run(`${kind}: ${part.name}, a byte more`, part.bytes.length, more, route);
    }
    await run(`${kind}: whole fields`, undefined, whole(request, other.request), route);
    assert.deepEqual(await authority.sessions.list(user), sessions, `${kind}: a refusal writes nothing`);
    assert.equal(await judge(raw, request, route), undefined, `${kind}: unchanged, it is accepted after`);
    assert.notEqual(await judge(raw, request, route), undefined, `${kind}: but once only`);
  }
  for (const end of ends) await end();
  return found;
}

const NOTES = `Not changed: names of fields, whose case HTTP does not tell apart; fields that no signature covers
(Accept, User-Agent, Host …), which decide nothing; /.pas/hello, which nobody signs and which grants nothing.
Left out: insertions that RFC 9651 reads as the same value. The other of the two s that ECDSA allows is the
same request's signature: single use is counted on the nonce.`;

function print({ accepted, same, rows }) {
  const sum = (member) => rows.reduce((total, row) => total + row[member], 0);
  const line = (part, ...numbers) => [part.padEnd(46), ...numbers.map((own) => String(own).padStart(8))].join(' ');
  console.log(`${line('part', 'bytes', 'mutants', 'refused')}  codes`);
  for (const { part, bytes, flips: count, refused, codes } of rows) {
    const byTimes = Object.entries(codes).sort(([, a], [, b]) => b - a);
    const told = byTimes.map(([name, times]) => `${name.slice(4)} ${times}`).join(', ');
    console.log(`${line(part, bytes ?? '', count, refused)}  ${told}`);
  }
  console.log(`${line('all', '', sum('flips'), sum('refused'))}\n\n${NOTES}\n`);
  console.log(`${accepted} mutants accepted; ${same} insertions left out; unchanged, accepted before and after`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await mutations();
  print(found);
  process.exitCode = found.accepted > 0 ? 1 : 0;
}
