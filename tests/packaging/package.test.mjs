// The packed tarball, installed in an empty folder as a user would.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const manifest = JSON.parse(readFileSync(join(root, 'pkg-template/package.json'), 'utf8'));

let folder;
let packed;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pas-packaging-'));
  [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder, join(root, 'dist')], folder));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'scratch', private: true, type: 'module' }));
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed.filename)], folder);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the tarball holds the package and nothing else', () => {
  const files = packed.files.map(({ path }) => path);
  for (const wanted of [
    'signing-iframe.js',
    'consent.js',
    'LICENSE',
    'README.md',
    'verifier/index.js',
    'verifier/signing-script.js',
    'verifier/consent-script.js',
    ...['tracker', 'iframe', 'verifier'].flatMap((name) => [`${name}/wasm/${name}_bg.wasm`, `${name}/wasm/${name}.js`]),
  ]) {
    assert.ok(files.includes(wanted), wanted);
  }
  const strange = files.filter((path) => !/\.(?:js|d\.ts|wasm)$|^(?:package\.json|README\.md|LICENSE)$/.test(path));
  assert.deepEqual(strange, []);
});

test('nothing that ships names the machine it was built on', () => {
  const at = join(folder, 'node_modules', 'partitioned-authority');
  const files = readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 20);
  for (const entry of files) {
    const content = readFileSync(join(entry.parentPath, entry.name), 'latin1');
    const found = /\/root\/|\/home\/|\/Users\/|\.cargo\/registry/.exec(content)?.[0];
    assert.equal(found, undefined, entry.name);
  }
});

test("the version is the crate's", () => {
  const installed = JSON.parse(readFileSync(join(folder, 'node_modules/partitioned-authority/package.json'), 'utf8'));
  assert.equal(installed.version, /^version = "(.*)"$/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))[1]);
});

const modules = Object.entries(manifest.exports)
  .filter(([, target]) => target.types)
  .map(([path]) => path.slice(2));

test('every subpath imports under Node', () => {
  const script = modules
    .map((path) => `console.log(Object.keys(await import('partitioned-authority/${path}')).length)`)
    .join('\n');
  const counts = run(process.execPath, ['--input-type=module', '-e', script], folder).trim().split('\n').map(Number);
  assert.equal(counts.length, modules.length);
  assert.ok(
    counts.every((count) => count > 0),
    counts.join(),
  );
});

test('every file of the exports map exists', () => {
  for (const target of Object.values(manifest.exports)) {
    for (const path of typeof target === 'string' ? [target] : Object.values(target)) {
      assert.doesNotThrow(() => readFileSync(join(folder, 'node_modules/partitioned-authority', path)), path);
    }
  }
});

test('the installed verifier works', () => {
  const script = `
    import { createAuthority, canonicalize } from 'partitioned-authority/verifier';
    import { memoryStore } from 'partitioned-authority/stores/memory';
    const authority = createAuthority({
      appOrigin: 'https://app.example.com', signOrigin: 'https://sign.example.com',
      secret: new Uint8Array(32).fill(1), store: memoryStore(),
    });
    const refused = await authority.verifyRequest(new Request('https://app.example.com/'), { tier: 'signed' });
    console.log(refused.code, canonicalize({ b: 1, a: [] }), (await authority.begin({ id: 'u' })).setCookie.split('=')[0]);
    await authority.close();`;
  const output = run(process.execPath, ['--input-type=module', '-e', script], folder).trim();
  assert.equal(output, 'ERR_SESSION_MISSING {"a":[],"b":1} __Host-pas-enrol');
});

const tsc = (options) =>
  run(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'ES2022', ...options, 'app.ts'],
    folder,
  );

const program = `
  ${modules.map((path, index) => `import * as m${index} from 'partitioned-authority/${path}';`).join('\n  ')}
  import { createAuthority, type Acceptance } from 'partitioned-authority/verifier';
  import { memoryStore } from 'partitioned-authority/stores/memory';
  import { connect } from 'partitioned-authority/client';
  const authority = createAuthority({ appOrigin: 'https://a.example', signOrigin: 'https://s.example', secret: 'x', store: memoryStore() });
  export async function use(request: Request): Promise<string> {
    const outcome = await authority.verifyRequest(request, { tier: 'interactive', action: 'transfer' });
    if (!outcome.ok) return outcome.code satisfies \`ERR_\${string}\`;
    const accepted: Acceptance = outcome;
    const pas = await connect({ signOrigin: 'https://s.example' });
    const response: Response = await pas.fetch('/x', { method: 'POST', action: 'transfer' });
    return accepted.session.userId + response.status;
  }
  export const all = [${modules.map((_, index) => `m${index}`).join(', ')}];
`;

for (const [name, options] of Object.entries({
  NodeNext: ['--module', 'NodeNext', '--moduleResolution', 'NodeNext'],
  bundler: ['--module', 'ESNext', '--moduleResolution', 'bundler'],
})) {
  test(`types check under tsc --strict, ${name} resolution`, () => {
    writeFileSync(join(folder, 'app.ts'), program);
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    assert.equal(tsc([...options, ...types]), '');
    // The twin: a wrong option must not check.
    writeFileSync(join(folder, 'app.ts'), program.replace("tier: 'interactive'", "tier: 'imaginary'"));
    assert.throws(() =>
      execFileSync(
        process.execPath,
        [
          join(root, 'node_modules/typescript/bin/tsc'),
          '--noEmit',
          '--strict',
          '--target',
          'ES2022',
          ...options,
          ...types,
          'app.ts',
        ],
        { cwd: folder, stdio: 'pipe' },
      ),
    );
  });
}
