// What a store answers to requests of a session, and when: histories whose last request is what the case is about.
import { START } from '../../stores/admission/histories.mjs';
import { reference } from '../../stores/admission/reference.mjs';

export const about =
  '`admit` of a store: `steps` in their order, at what the store\'s `clock` shows. `open` makes a session, `admit` is a ' +
  'request, `lost` says that writes up to then may be lost. `answers` are those to the requests, in their order; the ' +
  'last one has the `code`. The store keeps the time of what it wrote, and `maxReplayEntries` if there is any limit.';

/** The rule in Rust. */
export const answersTo = reference;

const at = (ms, step) => ({ clock: START + ms, ...step });
const FREE = { limit: 1_000_000, windowMs: 1_000 };

export function cases() {
  let replays = 0;
  const open = (more) => ({ open: { id: 's', keyId: 'k', idleMs: 60_000, absoluteMs: 600_000, ...more } });
  const ask = (more) => ({
    admit: {
      slot: 't', sessionId: 's', keyId: 'k', replayKey: `r${(replays += 1)}`, tier: 'signed', elapsedMs: 0, created: START,
      createdFrom: START - 1e6, createdTo: START + 1e6, nonceFrom: START - 1e6, nonceTo: START + 1e6,
      replayUntil: START + 1e6, sessionRate: FREE, accountRate: FREE, ...more,
    },
  });
  const event = (id, more) => ({ tier: 'interactive', event: { id, limit: 4, ...more } });
  const weighed = (id, delta, { cap = 100, limit } = {}) =>
    event(id, { evidence: { delta, cap, ...(limit ? { limit } : {}) } });
  const all = [];
  /** A history, beginning with a session at 0. Each list of steps is a case; the replay keys begin anew. */
  const history = (name, code, steps, more = {}) =>
    all.push({ name, ...more, steps: [at(0, open()), ...steps], ...(code ? { code } : {}) });
  const accepted = (name, ...steps) => history(name, undefined, steps);
  const refused = (code, name, ...steps) => history(name, code, steps);

  accepted('a request', at(0, ask()));
  accepted('all that a request leaves', at(5, ask({ ...event('e'), network: '192.0.2.0/24' })), at(7, ask()));
  accepted('each tier at its time', at(1, ask({ tier: 'signed' })), at(2, ask({ tier: 'interactive' })), at(3, ask({ tier: 'consent' })), at(4, ask({ tier: 'verified' })), at(5, ask({ tier: 'signed' })));
  accepted('the network of the last request that names one', at(0, ask({ network: '192.0.2.0/24' })), at(0, ask({ network: '2001:db8::/56' })), at(0, ask()));

  refused('ERR_SESSION_ENDED', 'an unknown session', at(0, ask({ sessionId: 'other' })));
  accepted('the last ms of an idle session', at(59_999, ask()));
  refused('ERR_SESSION_ENDED', 'the first ms after an idle session', at(60_000, ask()));
  accepted('a request prolongs the session', at(59_999, ask()), at(119_998, ask()));
  accepted('the last ms of any session', ...Array.from({ length: 10 }, (_, step) => at((step + 1) * 59_999, ask())), at(599_999, ask()));
  refused('ERR_SESSION_ENDED', 'the first ms after any session', ...Array.from({ length: 10 }, (_, step) => at((step + 1) * 59_999, ask())), at(600_000, ask()));
  refused('ERR_SESSION_ENDED', 'seen to be over, when the clock was put right', at(60_000, ask()), at(1, ask()));
  refused('ERR_KEY_MISMATCH', 'another key', at(0, ask({ keyId: 'K' })));

  const lost = { lost: START + 50 };
  refused('ERR_STORE_CHANGED', 'it could have been admitted among writes that may be lost', at(60, lost), at(60, ask({ created: START + 60, createdFrom: START + 50 })));
  accepted('it is later than all writes that may be lost', at(60, lost), at(60, ask({ created: START + 60, createdFrom: START + 51 })));

  for (const [name, code, out] of [
    ['createdFrom', 'ERR_TIME_FUTURE', 1], ['createdTo', 'ERR_TIME_STALE', -1],
    ['nonceFrom', 'ERR_NONCE_INVALID', 1], ['nonceTo', 'ERR_NONCE_EXPIRED', -1],
  ]) {
    accepted(`an arrival at ${name}`, at(100, ask({ [name]: START + 100 })));
    refused(code, `an arrival 1 ms off ${name}`, at(100, ask({ [name]: START + 100 + out })));
    accepted(`an arrival at ${name}, long before its content`, at(400, ask({ elapsedMs: 300, [name]: START + 100 })));
    refused(code, `an arrival 1 ms off ${name}, long before its content`, at(400, ask({ elapsedMs: 300, [name]: START + 100 + out })));
  }
  refused('ERR_TIME_FUTURE', 'half a ms too early', at(100, ask({ elapsedMs: 0.5, createdFrom: START + 100 })));
  accepted('half a ms is not a whole one', at(100, ask({ elapsedMs: 0.5, createdTo: START + 100, createdFrom: START + 99 })));
  accepted('less than no time is none', at(100, ask({ elapsedMs: -50, createdTo: START + 100 })));

  const three = { sessionRate: { limit: 3, windowMs: 1_000 } };
  const burst = (more) => [at(0, ask(more)), at(0, ask(more)), at(0, ask(more))];
  accepted('a whole burst', ...burst(three));
  refused('ERR_RATE_LIMITED', 'one more than the burst', ...burst(three), at(0, ask(three)));
  refused('ERR_RATE_LIMITED', 'more than a ms before the next', ...burst(three), at(332, ask(three)));
  accepted('less than a ms before the next', ...burst(three), at(333, ask(three)));
  const single = { sessionRate: { limit: 1, windowMs: 1_000 } };
  refused('ERR_RATE_LIMITED', 'a ms before the next', at(0, ask(single)), at(999, ask(single)));
  accepted('at the next', at(0, ask(single)), at(1_000, ask(single)));
  refused('ERR_RATE_LIMITED', 'what is refused costs nothing, and the next is as far', ...burst(three), at(0, ask(three)), at(0, ask(three)), at(332, ask(three)));
  accepted('after a window the whole burst is there', ...burst(three), at(1_000, ask(three)), at(1_000, ask(three)), at(1_000, ask(three)));
  refused('ERR_RATE_LIMITED', 'no more than the burst, after ten windows', ...burst(three), ...Array.from({ length: 4 }, () => at(10_000, ask(three))));
  accepted('a rate that was raised', ...burst(three), at(100, ask({ sessionRate: { limit: 10, windowMs: 1_000 } })));
  refused('ERR_RATE_LIMITED', 'a rate that was lowered', at(0, ask()), at(0, ask(three)), at(0, ask(single)));
  const both = { accountRate: { limit: 2, windowMs: 1_000 } };
  const second = at(0, open({ id: 's2', keyId: 'k2' }));
  const other = { sessionId: 's2', keyId: 'k2' };
  accepted('the sessions of an account, within its rate', second, at(0, ask(both)), at(0, ask({ ...both, ...other })));
  refused('ERR_RATE_LIMITED', 'the sessions of an account, beyond its rate', second, at(0, ask(both)), at(0, ask({ ...both, ...other })), at(0, ask(both)));
  refused('ERR_RATE_LIMITED', 'of two waits the longer one is told', ...burst({ ...three, accountRate: { limit: 3, windowMs: 9_000 } }), at(0, ask({ ...three, accountRate: { limit: 3, windowMs: 9_000 } })));

  const used = (replayUntil) => ({ replayKey: 'used', replayUntil: START + replayUntil });
  refused('ERR_NONCE_USED', 'a replay', at(0, ask(used(100))), at(0, ask(used(100))));
  refused('ERR_NONCE_USED', 'a replay in the last ms of the entry', at(0, ask(used(100))), at(100, ask(used(100))));
  accepted('the entry is over', at(0, ask(used(100))), at(101, ask(used(100))));
  refused('ERR_NONCE_USED', 'a replay, the entry half a ms longer', at(0, ask(used(100.5))), at(100, ask(used(100.5))));
  accepted('the entry, half a ms longer, is over', at(0, ask(used(100.5))), at(101, ask(used(100.5))));
  accepted('the replay key of another session', second, at(0, ask(used(100))), at(0, ask({ ...used(100), ...other })));
  refused('ERR_NONCE_USED', 'a replay of the second use', at(0, ask(used(100))), at(101, ask(used(200))), at(200, ask(used(200))));

  const one = { maxReplayEntries: 1 };
  history('no room', 'ERR_STORE_FULL', [at(0, ask(used(100))), at(100, ask())], one);
  history('room again', undefined, [at(0, ask(used(100))), at(101, ask())], one);
  history('a replay, and no room', 'ERR_NONCE_USED', [at(0, ask(used(100))), at(0, ask(used(100)))], one);

  const twice = (more = {}) => ({ ...event('e', { limit: 2 }), ...more });
  accepted('an interaction serves two', at(0, ask(twice())), at(0, ask(twice())));
  refused('ERR_PROOF_REUSED', 'an interaction serves no third', at(0, ask(twice())), at(0, ask(twice())), at(0, ask(twice())));
  accepted('another interaction does', at(0, ask(twice())), at(0, ask(twice())), at(0, ask(event('f', { limit: 1 }))));
  const until = (ms) => twice({ replayUntil: START + ms });
  refused('ERR_PROOF_REUSED', 'its uses count as long as the longest entry', at(0, ask(until(200))), at(0, ask(until(100))), at(200, ask(until(100))));
  accepted('its uses are over', at(0, ask(until(200))), at(0, ask(until(100))), at(201, ask(until(300))));
  accepted('an interaction of another session', second, at(0, ask(twice())), at(0, ask(twice())), at(0, ask({ ...twice(), ...other })));

  const limit = (sum, interactions = 1) => ({ limit: { sum, interactions } });
  accepted('evidence is added', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', -15))));
  accepted('an interaction is added once', at(0, ask(weighed('a', 40))), at(0, ask(weighed('a', 40))));
  accepted('a use that says nothing is the first one too', at(0, ask(event('a'))), at(0, ask(weighed('a', 40))));
  accepted('the sum is never below 0', at(0, ask(weighed('a', -15))), at(0, ask(weighed('b', 15))));
  accepted('and not above its cap', at(0, ask(weighed('a', 120))), at(0, ask(weighed('b', -15))));
  accepted('a lower cap', at(0, ask(weighed('a', 90))), at(0, ask(weighed('b', 5, { cap: 50 }))));
  accepted('below the limit', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', 9, limit(50)))));
  refused('ERR_TIER_REQUIRED', 'at the limit', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', 10, limit(50)))));
  accepted('what was refused is not added', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', 10, limit(50)))), at(0, ask(weighed('c', 9, limit(50)))));
  refused('ERR_TIER_REQUIRED', 'a further use, at the limit', at(0, ask(weighed('a', 60))), at(0, ask(weighed('a', 60, limit(60)))));
  accepted('at the limit, in few interactions', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', 10, limit(50, 3)))));
  refused('ERR_TIER_REQUIRED', 'at the limit, in as many interactions', at(0, ask(weighed('a', 40))), at(0, ask(weighed('b', 10))), at(0, ask(weighed('c', 0, limit(50, 3)))));
  refused('ERR_TIER_REQUIRED', 'a limit of 0', at(0, ask(weighed('a', -5, limit(0)))));
  for (const tier of ['consent', 'verified']) {
    accepted(`${tier} sets the evidence to 0`, at(0, ask(weighed('a', 40))), at(0, ask({ ...weighed('b', 40), tier })), at(0, ask(weighed('c', 7))));
    refused('ERR_TIER_REQUIRED', `${tier}, at the limit`, at(0, ask({ ...weighed('a', 40, limit(40)), tier })));
  }
  accepted('after its entry is over, an interaction is another one', at(0, ask({ ...weighed('a', 40), replayUntil: START + 10 })), at(11, ask(weighed('a', 40))));

  accepted('the clock was set back', at(1_000, ask()), at(10, ask()));
  refused('ERR_TIME_STALE', 'the clock was set back, and what was stale stays so', at(1_000, ask()), at(10, ask({ createdTo: START + 999 })));
  accepted('the clock was set back, and the entry is over', at(0, ask(used(100))), at(101, ask()), at(50, ask(used(100))));
  refused('ERR_RATE_LIMITED', 'the clock was set back, and the rate goes on from where it was', ...burst(three), at(333, ask(three)), at(0, ask(three)));
  accepted('another session moved the time', second, at(1_000, ask(other)), at(10, ask()));

  // All grounds at once, and one fewer from case to case.
  const before = [
    at(0, ask({ ...used(1e5), ...event('spent', { limit: 1 }), ...single })),
  ];
  const grounds = [
    ['ERR_SESSION_ENDED', { sessionId: 'other' }, {}],
    ['ERR_KEY_MISMATCH', { keyId: 'K' }, {}],
    ['ERR_TIME_FUTURE', { createdFrom: START + 9 }, {}],
    ['ERR_TIME_STALE', { createdTo: START - 9 }, {}],
    ['ERR_NONCE_INVALID', { nonceFrom: START + 9 }, {}],
    ['ERR_NONCE_EXPIRED', { nonceTo: START - 9 }, {}],
    ['ERR_RATE_LIMITED', single, {}],
    ['ERR_NONCE_USED', { replayKey: 'used' }, {}],
    ['ERR_PROOF_REUSED', {}, { id: 'spent' }],
    ['ERR_TIER_REQUIRED', {}, { evidence: { delta: 9, cap: 9, limit: { sum: 0, interactions: 0 } } }],
  ];
  for (const [first, [code]] of grounds.entries()) {
    const left = grounds.slice(first);
    const spent = Object.assign({ id: 'fresh', limit: 1 }, ...left.map(([, , more]) => more));
    refused(code, `${code} comes before ${left.length - 1} other grounds`, ...before, at(0, ask(Object.assign({}, ...left.map(([, more]) => more), { tier: 'interactive', event: spent }))));
  }
  return all;
}
