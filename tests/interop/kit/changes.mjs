// Ways to differ from an honest message, before it is signed and after.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { base64url } from '../../node/kit/signer.mjs';

// What is signed: functions from what our frame would sign to what is signed in its place.
export const components = (change) => (honest) => ({ ...honest, components: change(honest.components) });
export const without = (name) => components((names) => names.filter((other) => other !== name));
export const and = (name) => components((names) => [...names, name]);
export const instead = (name, other) => components((names) => names.map((each) => (each === name ? other : each)));

/** `change` gets the parameters as pairs, and the seconds of `created`, the first of them. */
export const parameters = (change) => (honest) => {
  const [[, created]] = honest.parameters;
  return { ...honest, parameters: change(honest.parameters, created) };
};
export const set = (name, value) =>
  parameters((pairs) => pairs.map((pair) => (pair[0] === name ? [name, value] : pair)));
export const drop = (name) => parameters((pairs) => pairs.filter(([other]) => other !== name));
export const order = (...names) => parameters((pairs) => names.map((name) => pairs.find(([other]) => other === name)));
export const append = (name, value) => parameters((pairs, created) => [...pairs, [name, value(created)]]);
export const created = (value) => parameters(([, ...rest], seconds) => [['created', value(seconds)], ...rest]);

export const label = (text) => (honest) => ({ ...honest, label: text });
export const message = (change) => async (honest) => ({ ...honest, message: await change(honest.message) });

/** Truly signed by another algorithm, under the session's key id. */
const foreign = (alg, jwk) => (honest, session) => ({
  ...set('alg', alg)(honest),
  signer: { alg, keyid: session.key.keyid, private: jwk },
});
const fresh = (type, options) => generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' });
export const byEd25519 = foreign('ed25519', fresh('ed25519'));
export const byRsaPss = foreign('rsa-pss-sha512', fresh('rsa', { modulusLength: 2048 }));
const secret = base64url(Buffer.from('a secret that two of us share'));
export const byHmac = foreign('hmac-sha256', { kty: 'oct', k: secret });

/** By the key of another user's session, and said so. */
export const byOther =
  (request) =>
  async (honest, { other }) => ({ ...honest, signer: other.key, parameters: (await other.honest(request)).parameters });
/** A nonce of the signer's own making. */
export const ownNonce = (honest) => set('nonce', base64url(randomBytes(16)))(honest);

// What became of it: functions of a signed message.
/** `change` gives the values in place of each value of the field. */
export const field = (name, change) => (signed) => ({
  ...signed,
  fields: signed.fields.flatMap((line) =>
    line[0].toLowerCase() === name ? change(line[1]).map((value) => [line[0], value]) : [line],
  ),
});
export const rewritten = (name, change) => field(name, (value) => [change(value)]);
export const added = (name, value) => (signed) => ({ ...signed, fields: [...signed.fields, [name, value]] });
export const lines = (change) => (signed) => ({ ...signed, fields: change(signed.fields) });
export const target = (text) => (signed) => ({ ...signed, target: text });
export const content = (text) => (signed) => ({ ...signed, body: Buffer.from(text) });
export const both =
  (...changes) =>
  (signed) =>
    changes.reduce((result, change) => change(result), signed);
export const input = (change) => rewritten('signature-input', change);
export const signature = (change) => rewritten('signature', change);

// The same bytes in another base64.
export const inBase64 = (change) => (text) => text.replace(/:(.*):/, (_, base64) => `:${change(base64)}:`);

export function unpadded(base64) {
  if (!base64.endsWith('=')) throw new Error('there is no padding to leave out');
  return base64.replace(/=+$/, '');
}

/** With bits set that no byte takes. */
export function strayBits(base64) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = unpadded(base64).length - 1;
  return `${base64.slice(0, last)}${alphabet[alphabet.indexOf(base64[last]) + 1]}${base64.slice(last + 1)}`;
}
