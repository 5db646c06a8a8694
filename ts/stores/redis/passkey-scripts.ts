/**
 * The Lua for passkeys. They outlive every session and every secret, so they have a hash of their own per user,
 * without an expiry. Fields:
 *
 *     n        the ordinal that was given last
 *     c<id>    ordinal, created, last used or `-`, counter; then the rest as JSON
 *
 * What a failed-over primary had not passed on is lost here as elsewhere: a passkey that was just added, and
 * that one was just removed.
 */
import { PRIMARY, script } from './scripts.js';

const record = `${PRIMARY}
local function read(id)
  local found = redis.call('HGET', key, 'c' .. id)
  if not found then return nil end
  local ordinal, created, used, counter, rest = string.match(found, '^(%S+) (%S+) (%S+) (%S+)\\n(.*)$')
  return { ordinal = ordinal, created = created, used = used, counter = counter, rest = rest }
end
`;

/** `id, max, counter, rest` → `ok, created`, `full` or `known`. */
export const PUT_PASSKEY = script(
  `
if read(ARGV[1]) then return { 'known' } end
local flat, count, ordinal = redis.call('HGETALL', key), 0, '1'
for i = 1, #flat, 2 do
  if flat[i] == 'n' then ordinal = digits(tonumber(flat[i + 1]) + 1) else count = count + 1 end
end
if count >= tonumber(ARGV[2]) then return { 'full' } end
redis.call('HSET', key, 'n', ordinal, 'c' .. ARGV[1],
  ordinal .. ' ' .. digits(clock) .. ' - ' .. ARGV[3] .. '\\n' .. ARGV[4])
return { 'ok', digits(clock) }
`,
  record,
);

/** → `id, record, …` in any order. */
export const LIST_PASSKEYS = script(
  `
local flat, found = redis.call('HGETALL', key), {}
for i = 1, #flat, 2 do
  if string.sub(flat[i], 1, 1) == 'c' then
    table.insert(found, string.sub(flat[i], 2))
    table.insert(found, flat[i + 1])
  end
end
return found
`,
  record,
);

/** `id, counter` → 1 or 0. */
export const USE_PASSKEY = script(
  `
local found = read(ARGV[1])
if not found then return 0 end
local before, after = tonumber(found.counter), tonumber(ARGV[2])
if after <= before and (after > 0 or before > 0) then return 0 end
redis.call('HSET', key, 'c' .. ARGV[1],
  found.ordinal .. ' ' .. found.created .. ' ' .. digits(clock) .. ' ' .. ARGV[2] .. '\\n' .. found.rest)
return 1
`,
  record,
);

/** `id` → 1 or 0. */
export const REMOVE_PASSKEY = script(
  `
return redis.call('HDEL', key, 'c' .. ARGV[1])
`,
  record,
);
