/** The people who can log in, with a real password check. The password is shown on the page: a demo. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(scrypt);
const COST = { N: 16384, r: 8, p: 1 };
const FAILURES_PER_MINUTE = 10;

export const DEMO_PASSWORD = 'three-thirds';

export const PEOPLE = Object.freeze([
  { id: 'alice', name: 'Alice Amato' },
  { id: 'bob', name: 'Bob Berg' },
]);

/** Hashes the demo password once per person, each with its own salt. */
export async function createPeople({ now }) {
  const records = new Map();
  for (const { id } of PEOPLE) records.set(id, await hash(DEMO_PASSWORD));
  const nobody = await hash(randomBytes(16).toString('hex'));
  const failures = new Map();

  return {
    /** Whether `password` is that of `id`. An unknown id costs the same time. */
    async check(id, password) {
      const record = records.get(id);
      const { salt, key } = record ?? nobody;
      const given = await derive(password, salt, key.length, COST);
      const right = timingSafeEqual(given, key) && record !== undefined;
      if (!right && record !== undefined) note(id);
      return right;
    },
    /** Whether `id` failed too often within the last minute. */
    throttled(id) {
      return recent(id).length >= FAILURES_PER_MINUTE;
    },
  };

  function recent(id) {
    const since = now() - 60_000;
    return (failures.get(id) ?? []).filter((at) => at > since);
  }

  function note(id) {
    failures.set(id, [...recent(id), now()]);
  }
}

async function hash(password) {
  const salt = randomBytes(16);
  return { salt, key: await derive(password, salt, 32, COST) };
}
