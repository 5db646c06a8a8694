/** One request, in the order of checks. */
import { base64url, equal, sha256, utf8 } from './bytes.js';
import { actionHash } from './action.js';
import { type Value, checkConsent, readAssertion, readConsent } from './consent.js';
import { onlySession, readCookies, readCredential, selectSession, sessionCookies } from './cookie.js';
import {
  type HttpRequest,
  checkHead,
  components,
  contentDigest,
  isReserved,
  splitTarget,
  valueOf,
  valuesOf,
} from './message.js';
import { checkNonce, replayKey } from './nonce.js';
import { type Proof, decodeProof } from './proof.js';
import { Refusal, as } from './refusal.js';
import type { Server, Session } from './server.js';
import { TAGS, bytesOf, checkSpelling, isSigned, readDigest, readSignature } from './signature.js';
import { parseItem } from './structured-field.js';
import { checkFreshness } from './time.js';

export interface Route {
  tier: 'identified' | 'signed' | 'interactive' | 'consent' | 'verified';
  action?: string;
  ticket?: boolean;
  bodyBytes?: number;
}

const TIERS: Route['tier'][] = ['identified', 'signed', 'interactive', 'consent', 'verified'];

export interface Accepted {
  tier: Route['tier'];
  /** What a person was shown. */
  values?: [string, Value][];
  session: Session;
  /** Of a signed request: what the signature was verified over, and how. */
  base?: string;
  nonce?: string;
  keyid?: string;
}

const cookiesOf = (request: HttpRequest) => readCookies(valuesOf(request, 'cookie'));
const isReading = ({ method }: HttpRequest) => method === 'GET' || method === 'HEAD';

/** Accepts, or throws a {@link Refusal}. */
export function verifyRequest(server: Server, request: HttpRequest, route: Route): Accepted {
  checkHead(request, server.headerBytes);
  if (route.tier === 'identified') {
    if (!isReading(request)) throw new Refusal('ERR_TIER_REQUIRED', 'a cookie alone permits reading only');
    return { tier: 'identified', session: server.session(onlySession(cookiesOf(request))) };
  }
  if (route.ticket && splitTarget(request.target).query.includes(TICKET)) return verifyTicketed(server, request);
  if (isReserved(splitTarget(request.target).path)) throw new Refusal('ERR_SIG_PROFILE', 'a reserved path');
  return verifySigned(server, request, route, TAGS.request);
}

const TICKET = 'pas_ticket=';

function verifyTicketed(server: Server, request: HttpRequest): Accepted {
  const invalid = () => new Refusal('ERR_TICKET_INVALID', 'unknown, used, or for another URL');
  const { path, query } = splitTarget(request.target);
  const at = query.indexOf(TICKET);
  if (query[at - 1] !== '?' && query[at - 1] !== '&') throw invalid();
  if (!isReading(request)) throw invalid();
  const credential = readCredential(query.slice(at + TICKET.length));
  if (!credential) throw invalid();
  const own = sessionCookies(cookiesOf(request)).filter(({ tag }) => tag === credential.tag);
  const [cookie] = own;
  if (!cookie || own.length > 1) throw new Refusal('ERR_SESSION_MISSING', 'not one session of the account');
  const ticket = server.tickets.get(credential.id);
  const url = path + query.slice(0, at - 1);
  if (ticket?.tag !== cookie.tag || ticket.session !== cookie.id || ticket.url !== url) throw invalid();
  server.tickets.delete(credential.id);
  const session = server.sessions.get(cookie.id);
  if (!session) throw invalid();
  return { tier: 'signed', session };
}

function readProof(text: string): Proof {
  return as('ERR_PROOF_MALFORMED', () => {
    const bytes = bytesOf(parseItem(text));
    if (!bytes) throw new Refusal('ERR_PROOF_MALFORMED', 'no byte sequence');
    checkSpelling(text, '', bytes);
    return decodeProof(bytes);
  });
}

/**
 * A signed request of the app, or of the frame. The worth of the evidence is the server's own matter: here
 * only a proof whose events were not trusted is worth nothing.
 */
export function verifySigned(server: Server, request: HttpRequest, route: Route, tag: string): Accepted {
  if (!isSigned(request)) {
    onlySession(cookiesOf(request));
    throw new Refusal('ERR_SIG_MISSING', 'not signed');
  }
  const covered = components(request, server.authority);
  const { created, nonce, keyid, thumbprint, signature, base } = readSignature(request, covered, tag);
  const digestField = valueOf(request, 'content-digest');
  const digest = digestField === undefined ? undefined : readDigest(digestField);
  const proofField = valueOf(request, 'interaction-proof');
  const proof = proofField === undefined ? undefined : readProof(proofField);
  const consentField = valueOf(request, 'pas-consent');
  const consent = consentField === undefined ? undefined : readConsent(consentField);
  const assertionField = valueOf(request, 'pas-assertion');
  const assertion = assertionField === undefined ? undefined : readAssertion(assertionField);
  const cookie = selectSession(cookiesOf(request), keyid);
  const window = server.windows[consent?.verified ? 'verified' : consent ? 'consent' : 'signed'];
  const freshness = checkFreshness(server, window, created, () => checkNonce(server.secrets.nonce, nonce, thumbprint));

  const session = server.session(cookie);
  if (base64url(session.key.thumbprint) !== keyid) throw new Refusal('ERR_KEY_MISMATCH', "not the session's key");
  if (!session.key.verify(utf8(base), signature)) throw new Refusal('ERR_SIG_INVALID', 'it does not verify');

  const content = request.content ?? new Uint8Array();
  if (content.length > (route.bodyBytes ?? server.bodyBytes)) throw new Refusal('ERR_BODY_LIMIT', 'too long');
  if ((digest === undefined) !== (content.length === 0)) {
    throw new Refusal('ERR_SIG_PROFILE', 'content and its digest come together');
  }
  if (digest && !equal(digest, sha256(content))) throw new Refusal('ERR_DIGEST_MISMATCH', 'other content');

  if (!consent && assertion) throw new Refusal('ERR_UV_INVALID', 'an assertion of nothing');
  const consented = consent && checkConsent(server.templates, request, consent, route.action);
  if (consent && consent.verified !== (assertion !== undefined))
    throw new Refusal('ERR_UV_INVALID', 'uv and no assertion, or the reverse');
  // What an assertion is worth is WebAuthn's to say: none is made here that could hold.
  if (assertion) throw new Refusal('ERR_UV_INVALID', 'not verified');

  const field = digest ? contentDigest(content) : '';
  const counts =
    proof?.flags.trusted === true &&
    route.action !== undefined &&
    equal(proof.actionHash, actionHash(route.action, field, request.method, request.target));
  const tier = consented ? 'consent' : counts ? 'interactive' : 'signed';
  const needed: Route['tier'][] = [route.tier, consented?.template.tier ?? 'signed'];
  if (needed.some((wanted) => TIERS.indexOf(wanted) > TIERS.indexOf(tier))) {
    throw new Refusal('ERR_TIER_REQUIRED', 'less than what is asked for');
  }
  freshness.decide();
  server.admit(session, keyid, replayKey(thumbprint, nonce), tier === 'interactive' ? proof?.eventId : undefined);
  return { tier, session, base, nonce, keyid, ...(consented ? { values: consented.values } : {}) };
}
