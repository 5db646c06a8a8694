/**
 * The Lua of the Redis driver: one script per operation, each of them atomic.
 *
 * Everything of one user slot is in one hash, so that a script has one key: a Cluster routes by it, and a key
 * that moves or is lost takes sessions and replay entries along together. Nothing that was accepted can be
 * accepted again because only the entry that would tell is gone. Fields:
 *
 *     m        term, barrier, high-water mark, account rate, next ordinal, next sweep, its cursor
 *     i<id>    session id → ordinal n, a short name within the slot that is never given twice
 *     f<n>     what seldom changes: version and times; keys; aliases, user, label and signals as JSON; session id. A
 *              key is role, key id and the key as JSON, between tabs. (Earlier releases wrote no version, and of one
 *              key the id and its coordinates)
 *     v<n>     what each request changes: last seen, idle expiry, session rate;evidence;interactions (earlier releases
 *              wrote two numbers more), four tiers, network as JSON
 *     r<n>.<replay key>     until
 *     e<n>.<event id>       until, uses
 *     k<kind>.<id>          ticket: until, term; subject, bind and label as JSON
 *     t<id>, u<id>          tickets of earlier releases: only challenges for passkeys are still taken
 *     d        movements of the user, of earlier releases: dropped
 *
 * Movements of all users are in buckets of their own, lists that a Cluster spreads; see {@link SEEN}.
 * JSON is compared and passed on, never read here. Numbers are written with 17 digits: none is rounded.
 */
import { createHash } from 'node:crypto';
import { DRIFT_MS } from '../../shared/meter.js';

/** A script, and the name that a server which knows it knows it by. */
export interface Script {
  text: string;
  sha: string;
}

/** How long a hash outlives what is in it: its expiry needs no change at every request. */
const SLACK_MS = 60_000;

/** How often what expired in a hash is looked for, and about how many fields at a time. */
const SWEEP_MS = 30_000;
const SWEEP_FIELDS = 64;

/** Of the records of sessions. */
const VERSION = 2;

/** Hexadecimal digits of a term: 80 random bits. */
const TERM_DIGITS = 20;

/**
 * What every script of a primary begins with. A *term* is one primary's time in office: the replication id changes
 * when a server starts and when a replica is promoted, so no server comes back under an old one.
 */
export const PRIMARY = `
local key = KEYS[1]
local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then return redis.error_reply('READONLY not a primary') end
local term = string.match(replication, 'master_replid:(%x+)')
if not term then return redis.error_reply('ERR INFO tells no master_replid') end
term = string.sub(term, 1, ${TERM_DIGITS})

local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)

local function digits(number) return string.format('%.17g', number) end
`;

/** What those on the hash of a slot begin with. */
const PRELUDE = `${PRIMARY}
-- Numbers stay texts until they are reckoned with.
local mark = {
  term = term, barrier = '0', high = '0', account = '0', ordinal = '1', due = digits(clock + ${SWEEP_MS}), cursor = '0',
}
local written = redis.call('HGET', key, 'm')
if written then
  mark.term, mark.barrier, mark.high, mark.account, mark.ordinal, mark.due, mark.cursor =
    string.match(written, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
end
-- A clock that was set back reopens nothing.
local now = math.max(clock, tonumber(mark.high))
local stamp = digits(now)

local function marked()
  return table.concat({ mark.term, mark.barrier, stamp, mark.account, mark.ordinal, mark.due, mark.cursor }, ' ')
end

-- So many lines, and what comes after them.
local function lines(text, count)
  local found, from = {}, 1
  for at = 1, count do
    local to = string.find(text, '\\n', from, true)
    found[at] = string.sub(text, from, to - 1)
    from = to + 1
  end
  found[count + 1] = string.sub(text, from)
  return found
end

-- What seldom changes of a session, as this release writes it.
local function fixedOf(text)
  if string.sub(text, 1, 2) == '${VERSION} ' then return text end
  local old = lines(text, 3)
  local key = '{"alg":"ecdsa-p256-sha256","epoch":0,"cur":{"keyId":' .. old[2]
    .. ',"jwk":{"kty":"EC","crv":"P-256",' .. string.sub(old[3], 2) .. '}}'
  return '${VERSION} ' .. old[1] .. '\\n' .. table.concat({ 'frame', old[2], key }, '\\t') .. '\\n\\n' .. old[4]
end

-- The keys of a session, role by role, and the id of the one for a role.
local function keysOf(fixed, role)
  local keys, id = {}, nil
  for name, keyId, key in string.gmatch(lines(fixed, 2)[2], '([^\\t]+)\\t([^\\t]+)\\t([^\\t]+)') do
    table.insert(keys, { role = name, id = keyId, key = key })
    if name == role then id = keyId end
  end
  return keys, id
end

local function live(volatile)
  return now < tonumber(string.match(volatile, '^%S+ (%S+)'))
end

local function finish(n, id)
  redis.call('HDEL', key, 'i' .. id, 'f' .. n, 'v' .. n)
end

-- A session that is alive. One that was seen to be over stays so, whatever the clock does.
local function find(id)
  local n = redis.call('HGET', key, 'i' .. id)
  if not n then return nil end
  local got = redis.call('HMGET', key, 'f' .. n, 'v' .. n)
  if live(got[2]) then return { n = n, id = id, fixed = fixedOf(got[1]), volatile = got[2] } end
  finish(n, id)
  return nil
end

-- The sessions of a user that are alive, in the order of their creation. With \`drop\` those that are over are seen
-- to be over: they stay so, whatever the clock does.
local function sessions(user, drop)
  local flat, fields, found = redis.call('HGETALL', key), {}, {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  for name, n in pairs(fields) do
    if string.sub(name, 1, 1) == 'i' then
      local fixed, volatile = fixedOf(fields['f' .. n]), fields['v' .. n]
      if lines(fixed, 4)[4] == user then
        if live(volatile) then
          table.insert(found, { n = n, id = string.sub(name, 2), fixed = fixed, volatile = volatile })
        elseif drop then
          finish(n, string.sub(name, 2))
        end
      end
    end
  end
  table.sort(found, function(a, b) return tonumber(a.n) < tonumber(b.n) end)
  return found
end

-- Looks for what expired in the next few fields, if it is time to. What it finds is to be dropped after the
-- script's first write: that one may be refused for want of memory, and then nothing must have happened.
local function sweep()
  local stale = {}
  if now < tonumber(mark.due) then return stale end
  local page = redis.call('HSCAN', key, mark.cursor, 'COUNT', ${SWEEP_FIELDS})
  mark.cursor = page[1]
  mark.due = page[1] == '0' and digits(now + ${SWEEP_MS}) or stamp
  for i = 1, #page[2], 2 do
    local name, value = page[2][i], page[2][i + 1]
    local kind = string.sub(name, 1, 1)
    if kind == 'v' then
      local n = string.sub(name, 2)
      local fixed = not live(value) and redis.call('HGET', key, 'f' .. n)
      if fixed then
        table.insert(stale, name)
        table.insert(stale, 'f' .. n)
        table.insert(stale, 'i' .. lines(fixedOf(fixed), 6)[7])
      end
    elseif kind == 'r' or kind == 'e' or kind == 'k' or kind == 't' or kind == 'u' then
      if tonumber(string.match(value, '^%S+')) < now then table.insert(stale, name) end
    elseif kind == 'd' then
      table.insert(stale, name)
    end
  end
  return stale
end

-- Writes fields all at once, drops others, and sees to it that the hash lives until then at least.
local function write(fields, stale, untilThen)
  redis.call('HSET', key, 'm', marked(), unpack(fields))
  for i = 1, #stale, 1000 do redis.call('HDEL', key, unpack(stale, i, math.min(i + 999, #stale))) end
  local left = redis.call('PTTL', key)
  if left < 0 or clock + left < untilThen then
    redis.call('PEXPIREAT', key, string.format('%.0f', untilThen + ${SLACK_MS}))
  end
end

local function nameOf(kind, id) return 'k' .. kind .. '.' .. id end

-- A ticket; good if it may be used. One of another term may have been used already, and the use lost.
local function ticket(kind, id)
  local name = nameOf(kind, id)
  local found = redis.call('HGET', key, name)
  -- Of an earlier release: its other tickets are over within two minutes.
  if not found and kind == 'passkey' then
    name = 'u' .. id
    found = redis.call('HGET', key, name)
  end
  if not found then return nil end
  local head, subject, rest = unpack(lines(found, 2))
  local untilThen, issued = string.match(head, '^(%S+) (%S+)$')
  local bind, label = string.match(rest, '^([^\\n]*)\\n?(.*)$')
  return {
    name = name, subject = subject, bind = bind, label = label, good = tonumber(untilThen) >= now and issued == term,
  }
end
`;

/** The text of a script with its arguments in their places: `$name` is the one of that name. */
function named(names: readonly string[], body: string): string {
  return body.replace(/\$(\w+)/g, (_, name: string) => {
    if (!names.includes(name)) throw new TypeError(`a script has no argument ${name}`);
    return `ARGV[${names.indexOf(name) + 1}]`;
  });
}

/** Arguments in their places. */
export const placed = <N extends string>(names: readonly N[], values: Record<N, string>): string[] =>
  names.map((name) => values[name]);

export function script(body: string, prelude = PRELUDE): Script {
  const text = `${prelude}${body}`.replace(/^\s*--.*\n/gm, '').replace(/^\s+/gm, '');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

/** What {@link ADMIT} is told of a request, by name; the evidence's limit is sum;interactions. */
export const ADMIT_ARGUMENTS = [
  'sessionId',
  'keyId',
  'replayKey',
  'hasEvent',
  'eventId',
  'eventLimit',
  'tier',
  'network',
  'elapsedMs',
  'created',
  'createdFrom',
  'createdTo',
  'nonceFrom',
  'nonceTo',
  'replayUntil',
  'sessionLimit',
  'sessionWindow',
  'accountLimit',
  'accountWindow',
  'hasEvidence',
  'delta',
  'cap',
  'evidenceLimit',
] as const;

/** What it is told when it asked since when the term is. */
const TERM_ARGUMENTS = ['term', 'since', 'skew'] as const;

/** What {@link CREATE} is told, by name; a limit of 0 is none. What is replaced comes after. */
export const CREATE_ARGUMENTS = [
  'ticketId',
  'id',
  'keys',
  'aliases',
  'signals',
  'network',
  'idleMs',
  'absoluteMs',
  'limit',
  'policy',
] as const;

/**
 * The hot path: the rule of `src/verifier/admission.rs`, word for word. A slot that was last written in another term is
 * carried over to this one. What may have been accepted before `since` is refused, for the entry that would refuse it
 * may be lost: whatever was accepted by then arrived by then, by a clock that is `skew` ahead at most, and no request arrives before its `createdFrom`.
 *
 * → `code, …`, or `term, term, clock` if it needs to know since when the term is.
 */
export const ADMIT = script(
  named(
    [...ADMIT_ARGUMENTS, ...TERM_ARGUMENTS],
    `
local hasEvent = $hasEvent == '1'
local elapsed, created, createdFrom = tonumber($elapsedMs), tonumber($created), tonumber($createdFrom)
local untilThen = tonumber($replayUntil)

local session = find($sessionId)
if not session then return { 'ERR_SESSION_ENDED' } end
local _, own = keysOf(session.fixed, 'frame')
if own ~= $keyId then return { 'ERR_KEY_MISMATCH' } end

if mark.term ~= term then
  if $term ~= term then return { 'term', term, digits(clock) } end
  mark.term = term
  local since, high, skew = tonumber($since), tonumber(mark.high), tonumber($skew)
  -- The clock was set back meanwhile: the old term lasted until then at least, by its own.
  if high > clock + skew then since = math.max(since, high) end
  mark.barrier = digits(math.max(tonumber(mark.barrier), since + skew))
  redis.call('HSET', key, 'm', marked())
end
local barrier = tonumber(mark.barrier)
if barrier > 0 and createdFrom <= barrier then
  return { 'ERR_STORE_CHANGED', digits(barrier - now + created - createdFrom + 1000) }
end

local arrival = now - math.max(0, elapsed)
if arrival < createdFrom then return { 'ERR_TIME_FUTURE' } end
if arrival > tonumber($createdTo) then return { 'ERR_TIME_STALE' } end
if arrival < tonumber($nonceFrom) then return { 'ERR_NONCE_INVALID' } end
if arrival > tonumber($nonceTo) then return { 'ERR_NONCE_EXPIRED' } end

local lastSeen, idleExpires, rate, evidence, interactions, signed, interactive, consent, verified, network =
  string.match(session.volatile, '^(%S+) (%S+) ([^ ;]+);?(%d*);?(%d*)%S* (%S+) (%S+) (%S+) (%S+) (.*)$')
local function spent(full, limit, window)
  local wait = math.max(full, now) + window / limit - window - now
  return wait >= ${DRIFT_MS}, math.max(full, now) + window / limit
end
local sessionOver, sessionNext = spent(tonumber(rate), tonumber($sessionLimit), tonumber($sessionWindow))
local accountOver, accountNext = spent(tonumber(mark.account), tonumber($accountLimit), tonumber($accountWindow))
if sessionOver or accountOver then
  return { 'ERR_RATE_LIMITED', stamp, rate, mark.account }
end

local n = session.n
local replay, event = 'r' .. n .. '.' .. $replayKey, 'e' .. n .. '.' .. $eventId
local sum, interactions = tonumber(evidence) or 0, tonumber(interactions) or 0
local got = redis.call('HMGET', key, replay, event)
if got[1] and tonumber(got[1]) >= now then return { 'ERR_NONCE_USED' } end
local eventUntil, uses = untilThen, 0
if hasEvent then
  if got[2] then
    local before, count = string.match(got[2], '^(%S+) (%S+)$')
    if tonumber(before) >= now then eventUntil, uses = math.max(untilThen, tonumber(before)), tonumber(count) end
  end
  if uses >= tonumber($eventLimit) then return { 'ERR_PROOF_REUSED' } end
end
if $hasEvidence == '1' then
  if uses == 0 then
    sum = math.min(tonumber($cap), math.max(0, sum + tonumber($delta)))
    interactions = math.min(255, interactions + 1)
  end
  local limit, from = string.match($evidenceLimit, '^(%d+);(%d+)$')
  if limit and interactions >= tonumber(from) and sum >= tonumber(limit) then return { 'ERR_TIER_REQUIRED' } end
end

local stale = sweep()
local idleMs, absolute = string.match(session.fixed, '^%S+ %S+ (%S+) (%S+)\\n')
local idle = math.min(now + tonumber(idleMs), tonumber(absolute))
local tiers = { signed, interactive, consent, verified }
tiers[tonumber($tier)] = stamp
if $network ~= '' then network = $network end
mark.account = digits(accountNext)
-- A person was there.
if tonumber($tier) >= 3 then sum, interactions = 0, 0 end
local meter = digits(sessionNext)
local worn = interactions > 0 and table.concat({ meter, digits(sum), digits(interactions) }, ';') or meter
local volatile = table.concat({ stamp, digits(idle), worn, tiers[1], tiers[2], tiers[3], tiers[4], network }, ' ')
local fields = { 'v' .. n, volatile, replay, $replayUntil }
if hasEvent then
  table.insert(fields, event)
  table.insert(fields, digits(eventUntil) .. ' ' .. digits(uses + 1))
end
for i = #stale, 1, -1 do
  if stale[i] == replay or (hasEvent and stale[i] == event) then table.remove(stale, i) end
end
write(fields, stale, math.max(idle, untilThen))
return { 'ok', session.fixed, volatile, stamp, meter, mark.account }
`,
  ),
);

/**
 * → `code`, or `ok, fixed, volatile, ended …`
 */
export const CREATE = script(
  named(
    CREATE_ARGUMENTS,
    `
local found = ticket('enrol', $ticketId)
if not found then return { 'ERR_ENROL_REFUSED' } end
if not found.good then
  redis.call('HDEL', key, found.name)
  return { 'ERR_ENROL_REFUSED' }
end
local user, label = found.subject, found.label
local max, replaced, others, replaces = tonumber($limit), {}, {}, {}
for i = ${CREATE_ARGUMENTS.length + 1}, #ARGV do replaces[ARGV[i]] = true end
if max > 0 then
  for _, session in ipairs(sessions(user)) do table.insert(replaces[session.id] and replaced or others, session) end
else
  for id in pairs(replaces) do
    local session = find(id)
    if session and lines(session.fixed, 4)[4] == user then table.insert(replaced, session) end
  end
end
local surplus = max > 0 and math.max(0, #others + 1 - max) or 0
if surplus > 0 and $policy == 'refuse-newest' then return { 'ERR_SESSION_LIMIT' } end

local n = mark.ordinal
mark.ordinal = digits(n + 1)
local idle, absolute = tonumber($idleMs), now + tonumber($absoluteMs)
local idleExpires = math.min(now + idle, absolute)
local fixed = table.concat({
  '${VERSION} ' .. stamp .. ' ' .. $idleMs .. ' ' .. digits(absolute), $keys, $aliases, user, label, $signals, $id,
}, '\\n')
local volatile = stamp .. ' ' .. digits(idleExpires) .. ' 0 - - - - ' .. ($network == '' and '-' or $network)
local stale = sweep()
table.insert(stale, found.name)
write({ 'i' .. $id, n, 'f' .. n, fixed, 'v' .. n, volatile }, stale, idleExpires)
for _, session in ipairs(replaced) do finish(session.n, session.id) end
local answer = { 'ok', fixed, volatile }
-- Those created first, the later of them first.
for i = surplus, 1, -1 do
  finish(others[i].n, others[i].id)
  table.insert(answer, others[i].id)
end
return answer
`,
  ),
);

/** `id` → `fixed, volatile` or nothing. */
export const READ = script(`
local session = find(ARGV[1])
return session and { session.fixed, session.volatile } or {}
`);

/** `id, role, from, key id, key` → 1 or 0. */
export const REKEY = script(`
local session = find(ARGV[1])
if not session then return 0 end
local fixed = lines(session.fixed, 2)
local keys, from = keysOf(session.fixed, ARGV[2])
if from ~= ARGV[3] then return 0 end
local all = {}
for _, one in ipairs(keys) do
  if one.role == ARGV[2] then one.id, one.key = ARGV[4], ARGV[5] end
  table.insert(all, table.concat({ one.role, one.id, one.key }, '\\t'))
end
fixed[2] = table.concat(all, '\\t')
redis.call('HSET', key, 'f' .. session.n, table.concat(fixed, '\\n'))
return 1
`);

/** `user` → `fixed, volatile, …`, oldest first. */
export const LIST = script(`
local answer = {}
for _, session in ipairs(sessions(ARGV[1], true)) do
  table.insert(answer, session.fixed)
  table.insert(answer, session.volatile)
end
return answer
`);

/** `id` → 1 or 0. */
export const REVOKE = script(`
local session = find(ARGV[1])
if not session then return 0 end
finish(session.n, session.id)
return 1
`);

/** `user, whether there is an exception, the exception` → how many. */
export const REVOKE_ALL = script(`
local count = 0
local flat = redis.call('HGETALL', key)
for i = 1, #flat, 2 do
  if string.sub(flat[i], 1, 7) == 'kenrol.' and lines(flat[i + 1], 2)[2] == ARGV[1] then redis.call('HDEL', key, flat[i]) end
end
for _, session in ipairs(sessions(ARGV[1], true)) do
  if ARGV[2] ~= '1' or session.id ~= ARGV[3] then
    finish(session.n, session.id)
    count = count + 1
  end
end
return count
`);

/** `kind, id, ttl, subject, bind, label` → 1. */
export const PUT_TICKET = script(`
local untilThen = now + tonumber(ARGV[3])
local value = digits(untilThen) .. ' ' .. term .. '\\n' .. table.concat({ ARGV[4], ARGV[5], ARGV[6] }, '\\n')
write({ nameOf(ARGV[1], ARGV[2]), value }, sweep(), untilThen)
return 1
`);

/** `kind, id` → `subject, bind` or nothing. */
export const PEEK_TICKET = script(`
local found = ticket(ARGV[1], ARGV[2])
return found and found.good and { found.subject, found.bind } or {}
`);

/** `kind, id, subject, bind` → 1 or 0. */
export const TAKE_TICKET = script(`
local found = ticket(ARGV[1], ARGV[2])
if not found or found.subject ~= ARGV[3] or found.bind ~= ARGV[4] then return 0 end
redis.call('HDEL', key, found.name)
return found.good and 1 or 0
`);

/**
 * `term, clock, ttl` → when the youngest term of the deployment was first seen. Of a Cluster's other primaries
 * too: one may have lost what it wrote, and passed the hash on since.
 */
export const SINCE = script(
  `
redis.call('ZADD', KEYS[1], 'NX', ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -101)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
`,
  '',
);

/**
 * A bucket of movements of all users: a list of `hash owner until`, oldest first, so many at most. It is no
 * hash of a user: a Cluster spreads buckets over its slots.
 *
 * `owner, ttl, max, hashes of this bucket …` → whose hashes were found, one name for each.
 */
export const SEEN = script(
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local owner, own, known, found = ARGV[1], {}, {}, {}
for i = 4, #ARGV do own[ARGV[i]] = true end
for _, line in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  local hash, whose, untilThat = string.match(line, '^(%S+) (%S+) (%S+)$')
  if own[hash] and tonumber(untilThat) >= now then
    if whose == owner then known[hash] = true else table.insert(found, whose) end
  end
end
local untilThen, added = string.format('%.17g', now + tonumber(ARGV[2])), false
for hash in pairs(own) do
  if not known[hash] then
    redis.call('RPUSH', KEYS[1], hash .. ' ' .. owner .. ' ' .. untilThen)
    added = true
  end
end
if added then
  redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return found
`,
  '',
);

/** → what a server says of itself, from within a script: `INFO` in parts, its term and its clock. No key. */
export const ABOUT = script(
  `
local replication = redis.call('INFO', 'replication')
local time = redis.call('TIME')
return {
  redis.call('INFO', 'server'), redis.call('INFO', 'memory'), replication,
  string.sub(string.match(replication, 'master_replid:(%x+)') or '', 1, ${TERM_DIGITS}),
  string.format('%.17g', time[1] * 1000 + math.floor(time[2] / 1000)),
}
`,
  '',
);
