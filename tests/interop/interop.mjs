// All tables at once, for the conformance page.
import { ALIKE } from './kit/alike-cases.mjs';
import { frameSigned, frameSignedAtName } from './kit/frame-signed.mjs';
import { hosts } from './kit/hosts.mjs';
import { librarySigned } from './kit/library-signed.mjs';
import { startPeers } from './kit/peers.mjs';
import { REFUSED } from './kit/refused-cases.mjs';
import { judge } from './kit/refused.mjs';

/** Ends what was started, in the order of a test's `after`; stands in for a test where there is none. */
class Scope {
  #closers = [];
  after(close) {
    this.#closers.push(close);
  }
  async close() {
    for (const close of this.#closers.splice(0)) await close();
  }
}

/** The libraries, and the rows of each table. */
export async function interop() {
  const scope = new Scope();
  const peers = startPeers();
  scope.after(() => peers.forEach((peer) => peer.close()));
  try {
    return {
      libraries: peers.map(({ name, short, language, version }) => ({ name, short, language, version })),
      frameSigned: [...(await frameSigned(scope, peers)), ...(await frameSignedAtName(scope, peers))],
      librarySigned: await librarySigned(scope, peers),
      hosts: await hosts(scope, peers),
      refused: await judge(scope, peers, REFUSED),
      alike: await judge(scope, peers, ALIKE),
    };
  } finally {
    await scope.close();
  }
}
