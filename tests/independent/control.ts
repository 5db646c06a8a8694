/** `/.pas/*`: what the frame itself asks for. */
import { type Bytes, base64url, concat, equal, fromBase64url, sha256, utf8 } from './bytes.js';
import { type Credential, enrolmentTicket, readCookies, sessionCookies } from './cookie.js';
import { type Json, parseObject } from './json.js';
import { type HttpRequest, checkHead, components, isReserved, splitTarget, valueOf, valuesOf } from './message.js';
import { checkNonce } from './nonce.js';
import { importJwk } from './public-key.js';
import { Refusal, as } from './refusal.js';
import type { Server } from './server.js';
import { TAGS, readDigest, readSignature } from './signature.js';
import { checkFreshness } from './time.js';
import { type Accepted, verifySigned } from './verify.js';

const BODY_LIMIT = 4_096;

const contentOf = ({ content = new Uint8Array() }: HttpRequest): Bytes => {
  if (content.length > BODY_LIMIT) throw new Refusal('ERR_BODY_LIMIT', 'too long');
  return content;
};

function checkOrigin(server: Server, request: HttpRequest): void {
  const origins = valuesOf(request, 'origin');
  if (origins.length !== 1 || origins[0] !== server.signOrigin)
    throw new Refusal('ERR_ORIGIN_REFUSED', 'another origin');
}

const invalid = (why: string) => new Refusal('ERR_JSON_INVALID', why);

/** The members of a body that is declared to be JSON. */
function bodyOf(request: HttpRequest, content: Bytes, known: string[]) {
  const [type = ''] = (valueOf(request, 'content-type') ?? '').split(';');
  if (type.trimEnd().toLowerCase() !== 'application/json') throw invalid('another content type');
  return parseObject(content, known);
}

export type Answer =
  | { endpoint: 'hello'; nonce: boolean; challenge: boolean; keys?: string[] }
  | { endpoint: 'enrol'; keyid: string }
  | { endpoint: 'rekey'; keyid: string }
  | { endpoint: 'ticket'; url: string }
  | { endpoint: 'logout' };

function hello(server: Server, request: HttpRequest): Answer {
  const content = contentOf(request);
  checkHead(request, server.headerBytes);
  checkOrigin(server, request);
  const body = bodyOf(request, content, ['keyid', 'keys']);
  if ('keys' in body && body['keys'] !== true) throw invalid('keys is not true');
  const { keyid } = body;
  if (keyid !== undefined && (typeof keyid !== 'string' || !fromBase64url(keyid, 32))) throw invalid('keyid is none');
  const cookies = readCookies(valuesOf(request, 'cookie'));
  const live = (found: Credential) => {
    const session = server.sessions.get(found.id);
    return session?.tag === found.tag ? [base64url(session.key.thumbprint)] : [];
  };
  let challenge = true;
  try {
    enrolmentTicket(cookies);
  } catch {
    challenge = false;
  }
  return {
    endpoint: 'hello',
    nonce: keyid !== undefined,
    challenge,
    ...('keys' in body ? { keys: sessionCookies(cookies).flatMap(live) } : {}),
  };
}

function enrol(server: Server, request: HttpRequest): Answer {
  const content = contentOf(request);
  checkHead(request, server.headerBytes);
  checkOrigin(server, request);
  const ticket = enrolmentTicket(readCookies(valuesOf(request, 'cookie')));
  const covered = components(request, server.authority);
  if (valueOf(request, 'pas-consent') !== undefined) throw new Refusal('ERR_CONSENT_MISMATCH', 'of an enrolment');
  if (valuesOf(request, 'pas-assertion').length > 0) throw new Refusal('ERR_UV_INVALID', 'of an enrolment');
  const signed = readSignature(request, covered, TAGS.control);
  const digest = valueOf(request, 'content-digest');
  if (digest === undefined) throw new Refusal('ERR_SIG_PROFILE', 'an enrolment has content');
  if (!equal(readDigest(digest), sha256(content))) throw new Refusal('ERR_DIGEST_MISMATCH', 'other content');
  const { jwk = null } = bodyOf(request, content, ['jwk']);
  const key = importJwk(jwk);
  const refused = () => new Refusal('ERR_ENROL_REFUSED', 'ticket, challenge and key do not belong together');
  if (!equal(key.thumbprint, signed.thumbprint)) throw refused();
  // The ticket's single use stands in for the store's decision.
  checkFreshness(server, server.windows.signed, signed.created, () =>
    as('ERR_ENROL_REFUSED', () => checkNonce(server.secrets.challenge, signed.nonce, utf8(ticket.id))),
  );
  if (!key.verify(utf8(signed.base), signed.signature)) throw new Refusal('ERR_SIG_INVALID', 'not by the new key');
  const known = server.tickets.get(ticket.id);
  if (known?.tag !== ticket.tag || known.url !== undefined) throw refused();
  server.tickets.delete(ticket.id);
  return { endpoint: 'enrol', keyid: base64url(key.thumbprint) };
}

/** A request of the frame that the session's key signed. */
function authenticated(server: Server, request: HttpRequest): Accepted & { content: Bytes } {
  checkHead(request, server.headerBytes);
  checkOrigin(server, request);
  const accepted = verifySigned(server, request, { tier: 'signed', bodyBytes: BODY_LIMIT }, TAGS.control);
  return { ...accepted, content: contentOf(request) };
}

/** What the new key signs of a rotation. */
export const rotationBase = (oldThumbprint: Bytes, newThumbprint: Bytes, nonce: string): Bytes =>
  concat(utf8('pas-1 rekey\0'), oldThumbprint, newThumbprint, utf8(nonce));

function rekey(server: Server, request: HttpRequest): Answer {
  const { session, nonce = '', content } = authenticated(server, request);
  const { jwk = null, pop } = bodyOf(request, content, ['jwk', 'pop']);
  const key = importJwk(jwk as Json);
  const signature = typeof pop === 'string' ? fromBase64url(pop, 64) : undefined;
  if (!signature) throw invalid('pop is no signature');
  if (!key.verify(rotationBase(session.key.thumbprint, key.thumbprint, nonce), signature)) {
    throw new Refusal('ERR_SIG_INVALID', 'the new key did not sign');
  }
  session.key = key;
  return { endpoint: 'rekey', keyid: base64url(key.thumbprint) };
}

function ticket(server: Server, request: HttpRequest): Answer {
  const { content } = authenticated(server, request);
  const { url } = bodyOf(request, content, ['url']);
  const target = as('ERR_JSON_INVALID', () => splitTarget(typeof url === 'string' ? url : ''));
  if (isReserved(target.path) || target.query.includes('pas_ticket=')) throw invalid('no ticket for that');
  return { endpoint: 'ticket', url: String(url) };
}

function logout(server: Server, request: HttpRequest): Answer {
  const { session, content } = authenticated(server, request);
  const everywhere = content.length > 0 && bodyOf(request, content, ['everywhere'])['everywhere'];
  if (content.length > 0 && everywhere !== true) throw invalid('everywhere is not true');
  for (const { id, userId } of [...server.sessions.values()]) {
    if (id === session.id || (everywhere && userId === session.userId)) server.sessions.delete(id);
  }
  return { endpoint: 'logout' };
}

const ENDPOINTS = new Map([
  ['hello', hello],
  ['enrol', enrol],
  ['rekey', rekey],
  ['ticket', ticket],
  ['logout', logout],
]);

/** Answers a request under `/.pas/`, or throws a {@link Refusal}. */
export function answerControl(server: Server, request: HttpRequest): Answer {
  const [path = ''] = request.target.split('?', 1);
  const endpoint = ENDPOINTS.get(path.replace('/.pas/', ''));
  if (!endpoint || request.method !== 'POST') throw new Refusal('ERR_NOT_FOUND', 'no such endpoint');
  return endpoint(server, request);
}
