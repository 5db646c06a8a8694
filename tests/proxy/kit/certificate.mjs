// A throw-away authority and one certificate of it for both origins.
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAMES = ['app.example.com', 'sign.example.com'];
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A folder for the life of the test, paths of certificate and key in it, and the authority to trust. */
export function makeCertificate(t, names = NAMES) {
  const folder = mkdtempSync(join(tmpdir(), 'pas-proxy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const certify = (name, ...args) =>
    openssl('req', '-x509', ...KEY, '-keyout', `${name}-key.pem`, '-out', `${name}.pem`, '-days', '2', ...args);
  certify('ca', '-subj', '/CN=test authority');
  certify(
    'site',
    '-subj',
    `/CN=${names[0]}`,
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca-key.pem',
    '-addext',
    `subjectAltName=${names.map((name) => `DNS:${name}`)}`,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  );
  const [cert, key] = ['site.pem', 'site-key.pem'].map((name) => join(folder, name));
  const spki = new X509Certificate(readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  return {
    folder,
    cert,
    key,
    ca: readFileSync(join(folder, 'ca.pem')),
    /** Of the public key, as Chromium takes it. */
    spki: createHash('sha256').update(spki).digest('base64'),
  };
}
