/** What is kept of how a user moves, if the app keeps that: under each of the user's tags, as sessions are. */
import type { Profile, Store } from '../stores/types.js';
import type { UserSessions } from './user-sessions.js';

export class UserProfiles {
  readonly #sessions: UserSessions;
  readonly #store: Store;

  constructor(sessions: UserSessions, store: Store) {
    this.#sessions = sessions;
    this.#store = store;
  }

  async read(userId: string): Promise<Profile[]> {
    const found = await Promise.all(this.#sessions.tags(userId).map((tag) => this.#store.readProfile(tag, userId)));
    return found.filter((profile) => profile !== undefined);
  }

  async forget(userId: string): Promise<boolean> {
    const forgot = await Promise.all(this.#sessions.tags(userId).map((tag) => this.#store.forgetProfile(tag, userId)));
    return forgot.includes(true);
  }
}
