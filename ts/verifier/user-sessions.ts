/**
 * The sessions of a user, wherever they are. A store keeps them by the user's tag, which depends on the
 * secret: while secrets rotate, a user has a tag under each of them.
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
  tag(userId: string): string {
    return this.tags(userId)[0] as string;
  }

  /** Wherever sessions of the user may be, the current one first. */
  tags(userId: unknown): string[] {
    if (typeof userId !== 'string' || userId === '' || userId.length > 255 || !wellFormed(userId)) {
      throw new PartitionedAuthorityError('ERR_CONFIG_INVALID', 'a user id is 1 to 255 characters');
    }
    return this.#core.userTags(userId);
  }

  /**
   * A session that was read, if it lives. One whose tag is of a secret that was dropped has ended: nobody
   * could find it any more to revoke it.
   *
   * @throws `ERR_SESSION_ENDED`
   */
  alive(session: Session | undefined): Session {
    if (!session) throw ended('no such session');
    if (!this.knows(session.tag, session.userId)) throw ended('its secret was dropped');
    return session;
  }

  /** Whether a session that was read lives; see {@link alive}. */
  isAlive(session: Session | undefined): session is Session {
    return session !== undefined && this.knows(session.tag, session.userId);
  }

  /** Whether a tag is one of the user's. */
  knows(tag: string, userId: string): boolean {
    return this.tags(userId).includes(tag);
  }

  async read(tag: string, id: string): Promise<Session> {
    return this.alive(await this.#store.read(tag, id));
  }

  /** Newest first. */
  list(userId: string): Promise<Session[]> {
    return this.#under(this.tags(userId), userId);
  }

  async #under(tags: string[], userId: string): Promise<Session[]> {
    const found = await Promise.all(tags.map((tag) => this.#store.list(tag, userId)));
    return found.flat().sort((a, b) => b.createdAt - a.createdAt);
  }

  async revoke(userId: string, id: string): Promise<boolean> {
    for (const tag of this.tags(userId)) {
      if ((await this.#store.read(tag, id))?.userId === userId) return this.#store.revoke(tag, id);
    }
    return false;
  }

  async revokeAll(userId: string, except?: string): Promise<number> {
    const ended = this.tags(userId).map((tag) => this.#store.revokeAll(tag, userId, except));
    return (await Promise.all(ended)).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Makes the session of a ticket. The store does it in one step, limit and all, as far as it is a matter of
   * one tag; what the user still has under other secrets is looked at around it.
   */
  async create(
    session: NewSession, ticketId: string, userId: string, limit: SessionLimit | undefined,
  ): Promise<Created> {
    const other = this.tags(userId).filter((tag) => tag !== session.tag);
    const elsewhere = await this.#under(other, userId);
    const kept = elsewhere.filter(({ id }) => !session.replaces.includes(id));
    const permitted = limit && (limit.policy === 'refuse-newest' ? { ...limit, max: limit.max - kept.length } : limit);
    if (permitted && permitted.max < 1) return { ok: false, code: 'ERR_SESSION_LIMIT' };
    const outcome = await this.#store.create(session, ticketId, permitted);
    if (!outcome.ok || elsewhere.length === 0) return outcome;

    const replaced = elsewhere.filter(({ id }) => session.replaces.includes(id));
    await Promise.all(replaced.map(({ tag, id }) => this.#store.revoke(tag, id)));
    if (limit?.policy !== 'end-oldest') return outcome;
    const others = (await this.list(userId)).filter(({ id }) => id !== session.id);
    const surplus = others.slice(limit.max - 1);
    await Promise.all(surplus.map(({ tag, id }) => this.#store.revoke(tag, id)));
    return { ...outcome, ended: [...outcome.ended, ...surplus.map(({ id }) => id)] };
  }
}

/** Half a surrogate pair has no UTF-8: in a database two users could become one. */
export const wellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

const ended = (message: string) => new PartitionedAuthorityError('ERR_SESSION_ENDED', message);
