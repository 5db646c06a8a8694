/**
 * The sessions of a user, wherever they are. A store keeps them by the user's slot, which depends on the
 * secret: while secrets rotate, a user has a slot under each of them.
 */
import { PartitionedAuthorityError } from '../shared/errors.js';
import type { Created, NewSession, Session, SessionLimit, Store } from '../stores/types.js';
import type { Core } from './core.js';

export class UserSessions {
  readonly #core: Core;
  readonly #store: Store;

  constructor(core: Core, store: Store) {
    this.#core = core;
    this.#store = store;
  }

  /** Where new sessions go. */
  slot(userId: string): string {
    return this.slots(userId)[0] as string;
  }

  /** Wherever sessions of the user may be, the current one first. */
  slots(userId: unknown): string[] {
    if (typeof userId !== 'string' || userId === '' || userId.length > 255 || !wellFormed(userId)) {
      throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'a user id is 1 to 255 characters');
    }
    return this.#core.userSlots(userId);
  }

  /**
   * A session that was read, if it lives. One whose slot is of a secret that was dropped has ended: nobody
   * could find it any more to revoke it.
   *
   * @throws `ERR_SESSION_ENDED`
   */
  alive(session: Session | undefined): Session {
    if (!session) throw ended('no such session');
    if (!this.knows(session.slot, session.userId)) throw ended('its secret was dropped');
    return session;
  }

  /** Whether a session that was read lives; see {@link alive}. */
  isAlive(session: Session | undefined): session is Session {
    return session !== undefined && this.knows(session.slot, session.userId);
  }

  /** Whether a slot is one of the user's. */
  knows(slot: string, userId: string): boolean {
    return this.slots(userId).includes(slot);
  }

  async read(slot: string, id: string): Promise<Session> {
    return this.alive(await this.#store.read(slot, id));
  }

  /** Newest first. */
  list(userId: string): Promise<Session[]> {
    return this.#under(this.slots(userId), userId);
  }

  async #under(slots: string[], userId: string): Promise<Session[]> {
    const found = await Promise.all(slots.map((slot) => this.#store.list(slot, userId)));
    return found.flat().sort((a, b) => b.createdAt - a.createdAt);
  }

  async revoke(userId: string, id: string): Promise<boolean> {
    for (const slot of this.slots(userId)) {
      if ((await this.#store.read(slot, id))?.userId === userId) return this.#store.revoke(slot, id);
    }
    return false;
  }

  async revokeAll(userId: string, except?: string): Promise<number> {
    const ended = this.slots(userId).map((slot) => this.#store.revokeAll(slot, userId, except));
    return (await Promise.all(ended)).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Makes the session of a ticket. The store does it in one step, limit and all, as far as it is a matter of
   * one slot; what the user still has under other secrets is looked at around it.
   */
  async create(
    session: NewSession,
    ticketId: string,
    userId: string,
    limit: SessionLimit | undefined,
  ): Promise<Created> {
    const other = this.slots(userId).filter((slot) => slot !== session.slot);
    const elsewhere = await this.#under(other, userId);
    const kept = elsewhere.filter(({ id }) => !session.replaces.includes(id));
    const permitted = limit && (limit.policy === 'refuse-newest' ? { ...limit, max: limit.max - kept.length } : limit);
    if (permitted && permitted.max < 1) return { ok: false, code: 'ERR_SESSION_LIMIT' };
    const outcome = await this.#store.create(session, ticketId, permitted);
    if (!outcome.ok || elsewhere.length === 0) return outcome;

    const replaced = elsewhere.filter(({ id }) => session.replaces.includes(id));
    await Promise.all(replaced.map(({ slot, id }) => this.#store.revoke(slot, id)));
    if (limit?.policy !== 'end-oldest') return outcome;
    const others = (await this.list(userId)).filter(({ id }) => id !== session.id);
    const surplus = others.slice(limit.max - 1);
    await Promise.all(surplus.map(({ slot, id }) => this.#store.revoke(slot, id)));
    return { ...outcome, ended: [...outcome.ended, ...surplus.map(({ id }) => id)] };
  }
}

/** Half a surrogate pair has no UTF-8: in a database two users could become one. */
export const wellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

const ended = (message: string) => new PartitionedAuthorityError('ERR_SESSION_ENDED', message);
