// Both implementations judge the same generated requests: the bytes of the base, the verdict and its code must
// agree. Work is cut into pieces of their own seed, so that the figures do not depend on the number of workers.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const PIECE = 5_000;

/** Outcomes that ten thousand messages have tens of. */
export const COMMON = [
  'ERR_SIG_MALFORMED',
  'ERR_SIG_PROFILE',
  'ERR_DIGEST_MISMATCH',
  'ERR_PROOF_MALFORMED',
  'ERR_SESSION_MISSING',
  'ERR_KEY_MISMATCH',
  'ERR_SIG_INVALID',
  'ERR_NONCE_INVALID',
  'ERR_NONCE_USED',
  'ERR_TIME_STALE',
  'ERR_ALG_REFUSED',
  'ERR_CONSENT_MISMATCH',
  'ERR_UV_INVALID',
  'ERR_TIER_REQUIRED',
  'consent',
  'interactive',
  'signed',
];
/** Outcomes that take a hundred thousand. */
export const RARE = [
  'ERR_SESSION_ENDED',
  'ERR_SIG_MISSING',
  'ERR_NONCE_EXPIRED',
  'ERR_TIME_FUTURE',
  'ERR_JSON_INVALID',
  'ERR_PROOF_REUSED',
  'ERR_BODY_LIMIT',
  'ERR_BODY_ENCODING',
  'ERR_HEADER_LIMIT',
];

/**
 * `{ messages, accepted, refused, byCode, byChange, bases, disagreements }` over generated requests; `byCode`
 * counts the tiers of accepted ones too, `bases` those whose base was built twice and compared.
 */
export async function agreement({ messages = 100_000, seed = 1, workers = Math.min(2, availableParallelism()) } = {}) {
  const pieces = Array.from({ length: Math.ceil(messages / PIECE) }, (_, at) => ({
    seed: seed * 1_000_003 + at,
    messages: Math.min(PIECE, messages - at * PIECE),
  }));
  const results = new Array(pieces.length);
  let next = 0;
  const work = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { agreement: true } });
      const give = () => {
        if (next < pieces.length) worker.postMessage({ at: next, piece: pieces[next++] });
        else worker.postMessage('end');
      };
      worker.on('message', ({ at, result }) => {
        results[at] = result;
        give();
      });
      worker.on('error', reject);
      worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))));
      give();
    });
  await Promise.all(Array.from({ length: Math.min(workers, pieces.length) }, work));
  return results.reduce(add);
}

function add(sum, more) {
  const counts = (a, b) => {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
  };
  return {
    messages: sum.messages + more.messages,
    accepted: sum.accepted + more.accepted,
    refused: sum.refused + more.refused,
    byCode: counts(sum.byCode, more.byCode),
    byChange: counts(sum.byChange, more.byChange),
    bases: sum.bases + more.bases,
    disagreements: [...sum.disagreements, ...more.disagreements].slice(0, 20),
  };
}

/** One piece, in this thread. `windows` sets the second implementation wrong, to show that it would be seen. */
export async function judge({ messages, seed, windows }) {
  const { signatureBase } = await import('partitioned-authority/verifier');
  const { independentServer } = await import('./deployment.mjs');
  const { incoming, packageServer } = await import('./package.mjs');
  const { independent } = await import('./load.mjs');
  const { Traffic } = await import('./traffic.mjs');
  const { attempt, verifyRequest } = independent;

  const traffic = new Traffic(seed);
  const server = independentServer(traffic.deployment);
  Object.assign(server.windows, windows);
  const authority = await packageServer(traffic.deployment);
  const sum = { messages, accepted: 0, refused: 0, byCode: {}, byChange: {}, bases: 0, disagreements: [] };
  const differ = (what, message, ours, theirs) =>
    sum.disagreements.push({
      what,
      ours,
      theirs,
      change: message.change,
      request: message.request,
      route: message.route,
    });

  for (let count = 0; count < messages; count += 1) {
    const message = traffic.next();
    const { request, route } = message;

    const bases = basesOf(message, traffic.authority, signatureBase, independent);
    if (bases && bases[0] !== bases[1]) differ('base', message, ...bases);
    if (bases) sum.bases += 1;

    const outcome = await authority.raw.verify(incoming(request), route);
    const ours = outcome.ok ? outcome.tier : outcome.code;
    const verdict = attempt(() => verifyRequest(server, request, route));
    const theirs = verdict.code ?? verdict.value.tier;
    if (ours !== theirs) differ('verdict', message, ours, theirs);
    if (outcome.ok && outcome.session.id !== verdict.value?.session.id)
      differ('session', message, outcome.session.id, verdict.value?.session.id);

    const shown = [outcome.consent && Object.entries(outcome.consent.values).sort(), verdict.value?.values].map(
      (values) => JSON.stringify(values),
    );
    if (outcome.ok && shown[0] !== shown[1]) differ('values', message, ...shown);

    if (outcome.ok) sum.accepted += 1;
    else sum.refused += 1;
    sum.byCode[ours] = (sum.byCode[ours] ?? 0) + 1;
    sum.byChange[message.change] = (sum.byChange[message.change] ?? 0) + 1;
  }
  await authority.close();
  return sum;
}

const CARRIED = {
  created: 'integer',
  expires: 'integer',
  nonce: 'string',
  keyid: 'string',
  alg: 'string',
  tag: 'string',
};

/**
 * The base of a request under the parameters it was signed with, by the package's export and by the second
 * implementation; undefined where the request has none (a doubled field, a target that is none) or the export
 * does not carry the parameters.
 */
function basesOf({ request, parameters }, authority, signatureBase, { attempt, components, signatureBase: build }) {
  const names = parameters.map(([name]) => name);
  const isCarried = ([name, { type }]) => CARRIED[name] === type;
  const carried = parameters.every(isCarried) && new Set(names).size === names.length;
  const found = attempt(() => components(request, authority));
  if (!carried || found.code) return undefined;
  const parts = Object.fromEntries(found.value);
  const whole = {
    method: parts['@method'],
    authority,
    path: parts['@path'],
    query: parts['@query'],
    headers: Object.fromEntries(request.fields.map(([name, value]) => [name.toLowerCase(), value])),
  };
  const plain = Object.fromEntries(parameters.map(([name, { value }]) => [name, value]));
  const base = attempt(() => build(found.value, parameters));
  return [
    codeOr(() =>
      signatureBase(
        whole,
        found.value.map(([name]) => name),
        plain,
      ),
    ),
    base.code ?? base.value,
  ];
}

function codeOr(work) {
  try {
    return work();
  } catch (error) {
    if (!error.code) throw error;
    return error.code;
  }
}

if (!isMainThread && workerData?.agreement) {
  parentPort.on('message', async (message) => {
    if (message === 'end') parentPort.close();
    else parentPort.postMessage({ at: message.at, result: await judge(message.piece) });
  });
}
