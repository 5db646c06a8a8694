// Every small change of a request. A part is bytes; a mutant is the request with one part changed.
import { parseDictionary, serializeDictionary } from 'structured-headers';

const latin1 = (bytes) => Buffer.from(bytes).toString('latin1');

/** The request with one field's value replaced. */
const withField = (request, index, value) => ({
  ...request,
  fields: request.fields.map((field, at) => (at === index ? [field[0], value] : field)),
});

/** A part that stands in a field's value between `before` and `after`, as base64. */
function inside(name, request, index, prefix) {
  const value = request.fields[index][1];
  return {
    name: `${name}, decoded`,
    bytes: Buffer.from(value.slice(prefix.length, -1), 'base64'),
    put: (bytes) => withField(request, index, `${prefix}${Buffer.from(bytes).toString('base64')}:`),
  };
}

/** What a byte sequence begins with, by field. */
const ENCODED = { 'content-digest': 'sha-256=:', 'interaction-proof': ':', signature: 'pas=:' };

/** The parts of a request that its signature covers, and what carries the signature. */
export function parts(request) {
  const found = [
    { name: 'method', bytes: Buffer.from(request.method), put: (bytes) => ({ ...request, method: latin1(bytes) }) },
    { name: 'target', bytes: Buffer.from(request.target), put: (bytes) => ({ ...request, target: latin1(bytes) }) },
  ];
  if (request.body) found.push({ name: 'content', bytes: request.body, put: (body) => ({ ...request, body }) });
  for (const [index, [name, value]] of request.fields.entries()) {
    found.push({ name, bytes: Buffer.from(value, 'latin1'), put: (bytes) => withField(request, index, latin1(bytes)) });
    const prefix = ENCODED[name.toLowerCase()];
    if (prefix) found.push(inside(name, request, index, prefix));
  }
  return found;
}

/** Each of the eight bits of each byte, turned over. */
export function* flips({ bytes, put }) {
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[at] ^= 1 << bit;
      yield put(changed);
    }
  }
}

/** Each byte left out. */
export function* deletions({ bytes, put }) {
  for (let at = 0; at < bytes.length; at += 1) {
    yield put(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]));
  }
}

/** What is put in at each place: what the grammar of structured fields gives a meaning, and what it forbids. */
const INSERTED = [...Buffer.from(' \t",;:=()\\0A-?*'), 0x00, 0x0a, 0x7f, 0x80, 0xff];

/** The value that RFC 9651 reads, in its one serialisation; undefined for what it refuses. */
function meaning(text) {
  try {
    return serializeDictionary(parseDictionary(text));
  } catch {
    return undefined;
  }
}

const trimmed = (text) => text.replace(/^[ \t]+|[ \t]+$/g, '');

/**
 * Each of {@link INSERTED} and each byte once more, at each place. `same` is told of an insertion that leaves
 * the field's value what it was: whitespace around it, a space within the list of components or before a
 * parameter, a leading zero of `created`. Those are no changes.
 */
export function* insertions({ bytes, put }, same) {
  const before = latin1(bytes);
  const isSame = (text, byte) =>
    trimmed(text) === before || ((byte === 0x20 || byte === 0x30) && meaning(trimmed(text)) === meaning(before));
  for (let at = 0; at <= bytes.length; at += 1) {
    for (const byte of [...INSERTED, ...bytes.subarray(at, at + 1)]) {
      const changed = Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]);
      if (isSame(latin1(changed), byte)) same();
      else yield put(changed);
    }
  }
}

/** A field that an honest request of this shape does not have. */
const ADDED = {
  'Content-Type': 'text/plain',
  'Content-Digest': 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:',
  'Interaction-Proof': ':AQEA:',
  'Pas-Consent':
    'act="pay", ver=:AQEBAQEBAQEBAQEBAQEBAQ==:, lang="en", text=:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=:, surface=popup',
  'PAS-Assertion': 'id=:AQ==:, auth=:Ag==:, client=:e30=:, sig=:BA==:',
  'Content-Encoding': 'identity',
  'X-HTTP-Method-Override': 'DELETE',
  'X-Original-URL': '/other',
};

/** Whole fields and the content: dropped, doubled, joined, swapped with another honest request's, added. */
export function* whole(request, other) {
  const { fields } = request;
  for (const [index, [name, value]] of fields.entries()) {
    yield { ...request, fields: fields.filter((_, at) => at !== index) };
    yield { ...request, fields: [...fields, [name, value]] };
    yield withField(request, index, `${value}, ${value}`);
    yield withField(request, index, '');
    const theirs = other.fields.find(([field]) => field === name)?.[1];
    if (theirs !== undefined && theirs !== value) {
      yield withField(request, index, theirs);
      yield { ...request, fields: [...fields, [name, theirs]] };
    }
    for (let to = index + 1; to < fields.length; to += 1) {
      yield withField(withField(request, index, fields[to][1]), to, value);
    }
  }
  // A ticket speaks for its URL, by its session: nothing else of such a GET decides anything.
  if (!fields.some(([name]) => name === 'Signature')) return;
  for (const [name, value] of Object.entries(ADDED)) {
    if (!fields.some(([field]) => field === name)) yield { ...request, fields: [...fields, [name, value]] };
  }
  if (request.body) {
    yield { ...request, body: null };
    yield { ...request, body: Buffer.concat([request.body, request.body]) };
    yield { ...request, body: Buffer.concat([request.body, Buffer.of(0)]) };
    yield { ...request, body: request.body.subarray(1) };
  } else {
    yield { ...request, body: Buffer.of(0) };
  }
}
