/** One window, one request, one decision. */
import { PartitionedAuthorityError, codeOf, type ErrorCode } from '../shared/errors.js';
import { cancelledCount, setCancelled } from './cancelled.js';
import { Conversation, type Offer, Over } from './conversation.js';
import { ConsentRequest, assertionField, init } from './core.js';
import { confirmed } from './gate.js';
import { assertion, registration } from './passkeys.js';
import { type Theme, dress } from './style.js';
import { NoDate, type Piece, worded } from './text.js';
import { View } from './view.js';

/** Longest content that is read out of, bytes. */
const CONTENT_LIMIT = 65_536;

/** Where this page is served to be framed. */
const FRAME_PATH = '/consent-frame';

export interface PageOptions {
  appOrigin: string;
  theme: Theme;
}

class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Asks the person what the frame that this window was opened for wants to have signed. */
export async function run({ appOrigin, theme }: PageOptions): Promise<void> {
  dress(theme);
  const languages = navigator.languages;
  const view = new View(languages[0] ?? 'en');
  const id = location.hash.slice(1);
  // Reloaded, this window has nothing to confirm.
  history.replaceState(null, '', location.pathname);
  if (id === '') return view.say('over');
  await init();
  const conversation = await Conversation.open(id);
  addEventListener('pagehide', () => conversation.refuse('ERR_CONSENT_CANCELLED'));
  try {
    await decide(conversation, view, appOrigin, languages);
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof Over)) console.error('partitioned-authority:', error);
    conversation.refuse(error instanceof Refusal ? error.code : (codeOf(error) ?? 'ERR_CHANNEL_REFUSED'));
  }
  await conversation.ended.catch(() => undefined);
  view.say('over');
  conversation.close();
  // A window that was opened by a script may close itself; a frame is taken away by its page.
  window.close();
}

async function decide(
  conversation: Conversation,
  view: View,
  appOrigin: string,
  languages: readonly string[],
): Promise<void> {
  const framed = parent !== window;
  const surface = framed ? 'frame' : 'popup';
  const offer = await conversation.hear('offer');
  const request = read(offer);
  // A frame is of one deployment, and so is this page; an answer for another app is not for this one.
  if (request.appOrigin !== appOrigin) throw new Refusal('ERR_CONFIG_INVALID');
  // The page for frames is none for windows: whoever opened one there would have it say that it is a window.
  if (framed !== (location.pathname === FRAME_PATH)) throw new Refusal('ERR_CONSENT_MISMATCH');
  if (!request.permits(surface)) throw new Refusal('ERR_CONSENT_MISMATCH');
  const language = request.language(languages as string[]);
  const pieces = (request.pieces(language) as Piece[]).map((piece) => ({ piece, words: inWords(piece, language) }));
  const text = pieces.map(({ words }) => words).join('');
  const verified = offer.verified || request.verified;
  view.show({ app: request.appName, origin: request.appOrigin, language, pieces });
  const before = cancelledCount(Date.now());
  // Until it is confirmed it counts as cancelled, however this window ends.
  setCancelled(before + 1, Date.now());
  const cancelled = new Promise<never>((_, reject) => {
    const cancel = () => reject(new Refusal('ERR_CONSENT_CANCELLED'));
    view.cancel.addEventListener('click', cancel);
    addEventListener('keydown', ({ key }) => key === 'Escape' && cancel());
  });
  conversation.say('shown', { verified });
  const listed = verified ? conversation.hear('passkeys') : undefined;
  await Promise.race([confirmed(view, before, framed), cancelled, conversation.ended]);
  // What a page may have covered takes back only what it added itself.
  setCancelled(framed ? Math.max(0, cancelledCount(Date.now()) - 1) : 0, Date.now());
  const passkeys = await listed;
  view.say(passkeys ? 'passkey' : 'signing');
  conversation.say('confirmed', { field: request.field(language, text, surface, verified) });
  if (passkeys) {
    const { challenge } = await conversation.hear('challenge');
    const { id, authenticator, client, signature } = await byAuthenticator(
      assertion(
        challenge,
        passkeys.rpId,
        passkeys.passkeys.map((passkey) => passkey.id),
      ),
    );
    conversation.say('asserted', { field: assertionField(id, authenticator, client, signature) });
  }
  // A request for a new passkey goes on here; for any other the frame says that it is over.
  const { options } = await conversation.hear('create');
  view.say('passkey');
  conversation.say('created', { response: await byAuthenticator(registration(options)) });
}

function read({ registered, method, path, query, content }: Offer): ConsentRequest {
  if ((content?.byteLength ?? 0) > CONTENT_LIMIT) throw new Refusal('ERR_CONSENT_MISMATCH');
  return new ConsentRequest(registered, method, path, query, content ? new Uint8Array(content) : new Uint8Array());
}

function inWords(piece: Piece, language: string): string {
  try {
    return worded(piece, language);
  } catch (error) {
    if (error instanceof NoDate) throw new Refusal('ERR_CONSENT_MISMATCH');
    throw error;
  }
}

/** What an authenticator, its browser or its person refuses. */
async function byAuthenticator<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    console.error(new PartitionedAuthorityError('ERR_UV_INVALID', 'the authenticator did not answer', { cause }));
    throw new Refusal('ERR_UV_INVALID');
  }
}
