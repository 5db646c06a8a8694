// Two implementations of RFC 9421 that are not ours, behind one interface. Every byte of a signature base
// is the library's own; what differs between the two is how keys, fields and parameters are handed over.
import { spawn } from 'node:child_process';
import { KeyObject, createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createSigner, createVerifier, httpbis } from 'http-message-signatures';
import { pythonBinary } from '../../../tools/runtimes.mjs';

const ROOT = new URL('../../../', import.meta.url);

const pinned = (name) => {
  const requirements = readFileSync(new URL('../requirements.txt', import.meta.url), 'utf8');
  return new RegExp(`^${name}==(.+)$`, 'm').exec(requirements)[1];
};
const installed = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, ROOT), 'utf8')).version;

/** A key of a JWK; shared secrets are `{ kty: 'oct', k }`. */
const keyObject = (jwk) => {
  if (jwk.kty === 'oct') return Buffer.from(jwk.k, 'base64url');
  return 'd' in jwk ? createPrivateKey({ key: jwk, format: 'jwk' }) : createPublicKey({ key: jwk, format: 'jwk' });
};
const publicHalf = ({ d, ...jwk }) => jwk;

/** Names once each, values as lists in order: what the npm library reads a message's fields from. */
function grouped(fields) {
  const groups = new Map();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const group = groups.get(key) ?? groups.set(key, { name, values: [] }).get(key);
    group.values.push(value);
  }
  return Object.fromEntries([...groups.values()].map(({ name, values }) => [name, values]));
}

class NpmPeer {
  name = 'http-message-signatures (npm)';
  short = 'npm';
  language = 'JavaScript';
  version = installed('http-message-signatures');

  async sign({ method, url, fields }, { key, label, components, parameters }) {
    const values = Object.fromEntries(parameters);
    const dated = (name) => (typeof values[name] === 'number' ? { [name]: new Date(values[name] * 1000) } : {});
    const signed = await httpbis.signMessage(
      {
        name: label,
        fields: components,
        params: parameters.map(([name]) => name),
        paramValues: { ...values, ...dated('created'), ...dated('expires') },
        key: { alg: key.alg, sign: createSigner(keyObject(key.jwk), key.alg).sign },
      },
      { method, url, headers: grouped(fields) },
    );
    const own = (name) => Object.entries(signed.headers).find(([field]) => field.toLowerCase() === name);
    const others = fields.filter(([name]) => !/^signature(-input)?$/i.test(name));
    return [...others, own('signature-input'), own('signature')];
  }

  /** Undefined if it holds; else why it doesn't. */
  async verify({ method, url, fields }, { keys, tolerance = 0 }) {
    // Without a keyid the caller has to know whose signature it is.
    const find = ({ keyid }) => (keyid === undefined ? keys[0] : keys.find((key) => key.keyid === keyid));
    const lookup = async (parameters) => {
      const key = find(parameters);
      return key && { id: key.keyid, algs: [key.alg], verify: createVerifier(keyObject(publicHalf(key.jwk)), key.alg) };
    };
    try {
      const message = { method, url, headers: grouped(fields) };
      const held = await httpbis.verifyMessage({ keyLookup: lookup, all: true, tolerance }, message);
      return held === true ? undefined : `verifyMessage gave ${held}`;
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  }

  close() {}
}

const pem = (jwk, type) => {
  const key = keyObject(jwk);
  if (!(key instanceof KeyObject)) return key.toString('latin1');
  return key.export({ format: 'pem', type });
};

class PythonPeer {
  name = 'http-message-signatures (PyPI)';
  short = 'PyPI';
  language = 'Python';
  version = pinned('http-message-signatures');
  #child;
  #waiting = [];
  #failure;

  constructor() {
    if (!existsSync(pythonBinary))
      throw new Error('the Python library is not set up; `npm test -- interop` sets it up');
    const driver = fileURLToPath(new URL('./python-peer.py', import.meta.url));
    this.#child = spawn(pythonBinary, ['-I', driver], { stdio: ['pipe', 'pipe', 'inherit'] });
    const answered = (line) => this.#waiting.shift().resolve(JSON.parse(line));
    createInterface({ input: this.#child.stdout }).on('line', answered);
    const fail = (error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    this.#child.on('error', fail);
    this.#child.on('close', (code) => fail(new Error(`the Python library's process ended with ${code}`)));
    this.#child.stdin.on('error', fail);
  }

  #ask(request) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  async sign({ method, url, fields }, { key, label, components, parameters }) {
    const answer = await this.#ask({
      do: 'sign',
      message: { method, url, fields },
      alg: key.alg,
      keyid: key.keyid,
      key: pem(key.jwk, 'pkcs8'),
      label,
      components,
      parameters,
    });
    if (answer.refused) throw new Error(answer.refused);
    return answer.fields;
  }

  async verify({ method, url, fields, body }, { keys, tolerance, tag }) {
    // This one checks the content as well, where it is given.
    const answer = await this.#ask({
      do: 'verify',
      message: { method, url, fields },
      alg: keys[0].alg,
      skew: tolerance ?? null,
      tag: tag ?? null,
      keys: Object.fromEntries(keys.map(({ keyid, jwk }) => [keyid, pem(publicHalf(jwk), 'spki')])),
      content: body === undefined ? null : Buffer.from(body).toString('hex'),
    });
    return answer.refused;
  }

  close() {
    this.#child.stdin.end();
  }
}

/** Both libraries; close each when done. */
export const startPeers = () => [new NpmPeer(), new PythonPeer()];
