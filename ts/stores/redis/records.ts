/** Between sessions and the lines they are written as; see `scripts.ts`. */
import { PartitionedAuthorityError } from '../../shared/errors.js';
import type { Passkey, ReachedTier, Session, SessionAlias, SessionKey, SessionKeys } from '../types.js';

const TIERS: readonly ReachedTier[] = ['signed', 'interactive', 'consent', 'verified'];

/** Position of a tier in a session's record, from 1. */
export const tierIndex = (tier: ReachedTier): string => String(TIERS.indexOf(tier) + 1);

/** A text as one line; nothing for nothing. */
export const line = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));

/** A number without loss. What is not finite would compare as neither too small nor too large. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'a number is not finite');
  return String(value);
}

/** A key as it stands in a session's record: what it is found by, then the whole of it. JSON has no tabs. */
export const keyFields = (key: SessionKey): [string, string] => [line(key.cur.keyId), line(key)];

/** The keys of a session as one line. */
export const keyLine = (keys: SessionKeys): string =>
  Object.entries(keys)
    .map(([role, key]) => [role, ...keyFields(key)].join('\t'))
    .join('\t');

function keysOf(text: string): SessionKeys {
  const fields = text.split('\t');
  const roles = fields.filter((_, at) => at % 3 === 0);
  return Object.fromEntries(roles.map((role, at) => [role, read<SessionKey>(fields[3 * at + 2])])) as SessionKeys;
}

/** A session from its two records. */
export function session(slot: string, fixed: string, volatile: string): Session {
  const [times = '', keys = '', aliases, userId, label, signals, ...id] = fixed.split('\n');
  const [, createdAt, , absoluteExpiresAt] = times.split(' ').map(Number);
  const words = volatile.split(' ');
  const [lastSeenAt, idleExpiresAt] = words.map(Number);
  const reached = TIERS.flatMap((tier, index) => (words[index + 3] === '-' ? [] : [[tier, Number(words[index + 3])]]));
  const network = words.slice(7).join(' ');
  const [, sum = '0', interactions = '0'] = words[2]?.split(';') ?? [];
  return {
    id: id.join('\n'),
    slot,
    userId: read(userId),
    keys: keysOf(keys),
    ...(aliases ? { aliases: read<SessionAlias[]>(aliases) } : {}),
    ...(label ? { label: read<string>(label) } : {}),
    ...(signals ? { signals: read<string>(signals) } : {}),
    ...(network === '-' ? {} : { network: read<string>(network) }),
    createdAt: time(createdAt),
    lastSeenAt: time(lastSeenAt),
    idleExpiresAt: time(idleExpiresAt),
    absoluteExpiresAt: time(absoluteExpiresAt),
    tiers: Object.fromEntries(reached) as Session['tiers'],
    evidence: { sum: time(Number(sum)), interactions: time(Number(interactions)) },
  };
}

/** What of a passkey never changes, but for its id. */
export type PasskeyRecord = Pick<Passkey, 'userId' | 'handle' | 'publicKey' | 'label' | 'transports'>;

/** A passkey from its record, and its place among the user's. */
export function passkey(id: string, record: string): { ordinal: number; passkey: Passkey } {
  const [head = '', ...rest] = record.split('\n');
  const [ordinal, createdAt, used, counter] = head.split(' ');
  return {
    ordinal: time(Number(ordinal)),
    passkey: {
      ...read<PasskeyRecord>(rest.join('\n')),
      id,
      counter: time(Number(counter)),
      createdAt: time(Number(createdAt)),
      ...(used === '-' ? {} : { lastUsedAt: time(Number(used)) }),
    },
  };
}

const read = <T>(json: string | undefined): T => JSON.parse(json ?? '') as T;

/** A time, or another number. */
function time(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) throw new TypeError('a record of another format');
  return value;
}
