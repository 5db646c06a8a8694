// Builds the npm package into dist/: the wasm artefacts, TypeScript, the scripts of the signing origin.
// What did not change is not built again.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, fillOnce } from './cache.mjs';
import { environment, must, root } from './run.mjs';
import { schedule } from './schedule.mjs';
import { setup } from './setup.mjs';
import { sizes } from './sizes.mjs';

const dist = join(root, 'dist');
const say = (text) => console.log(`build  ${text}`);

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** A hash over the content of files and folders, and of what else a step depends on. */
function fingerprint(paths, more = '') {
  const hash = createHash('sha256').update(more);
  for (const path of paths.map((path) => join(root, path))) {
    const files = statSync(path).isDirectory()
      ? filesUnder(path).filter((file) => !file.endsWith('/tests.rs'))
      : [path];
    for (const file of files) {
      hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
    }
  }
  return hash.digest('hex');
}

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

async function artefacts() {
  // Not there before set-up.
  const { parse } = await import('smol-toml');
  return Object.entries(parse(read(join(root, 'wasm-pack.toml'))).artefact);
}

/** The files and folders of src/ that a feature compiles, by the `cfg` of src/lib.rs; tests apart. */
function sourcesOf(feature) {
  const modules = [...read(join(root, 'src', 'lib.rs')).matchAll(/(?:#\[cfg\((.*)\)\]\n)?(?:pub )?mod (\w+);/g)];
  const isIn = (cfg = '') => !/\bfeature = "(?!std")/.test(cfg) || cfg.includes(`feature = "${feature}"`);
  return modules
    .filter(([, cfg]) => isIn(cfg))
    .flatMap(([, , name]) => [join('src', `${name}.rs`), join('src', name)])
    .filter((path) => existsSync(join(root, path)));
}

/** What rustc emits for this target; nothing that Node 20 or a browser of 2023 can't read. */
const wasmFeatures = [
  'bulk-memory',
  'bulk-memory-opt',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
].map((feature) => `--enable-${feature}`);

/**
 * Panic messages name source files: as paths of this package, not of the machine that built it. As a setting of cargo's:
 * flags in its environment are divided at spaces, which a path may have.
 */
function remapped() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const registry = join(cargoHome, 'registry', 'src');
  const remaps = [
    root.replace(/\/$/, ''),
    registry,
    ...(existsSync(registry) ? readdirSync(registry).map((name) => join(registry, name)) : []),
  ];
  const flags = remaps.flatMap((path) => ['--remap-path-prefix', `${path}=.`]);
  return ['--config', `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(flags)}`];
}

/**
 * A folder with a manifest whose library is a cdylib only. Cargo leaves link-time optimisation out where
 * a library is an rlib as well, as ours must be for its tests.
 */
function artefactCrate() {
  const folder = join(root, 'target', 'artefact');
  const manifest = read(join(root, 'Cargo.toml'));
  const library = '[lib]\ncrate-type = ["cdylib", "rlib"]\n';
  if (!manifest.includes(library)) throw new Error('[lib] of Cargo.toml changed; look at artefactCrate');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'Cargo.toml'),
    manifest
      .replace(library, '[lib]\npath = "../../src/lib.rs"\ncrate-type = ["cdylib"]\n')
      .replace(/\[\[(?:test|example)\]\][^[]*/g, ''),
  );
  cpSync(join(root, 'Cargo.lock'), join(folder, 'Cargo.lock'));
  return folder;
}

const outOf = (name) => join(root, 'ts', name, 'wasm');

/** What an artefact is made of; another one's sources are none of it. */
function inputsOf(feature) {
  const files = ['.cargo', 'Cargo.toml', 'Cargo.lock', 'wasm-pack.toml', 'rust-toolchain.toml', 'src/lib.rs'];
  const { binaryen, esbuild } = JSON.parse(read(join(root, 'package.json'))).devDependencies;
  return fingerprint(
    [...files, ...sourcesOf(feature), 'tools/build.mjs', 'tools/versions.mjs'],
    `${binaryen} ${esbuild}`,
  );
}

/** Whether an artefact is there as its sources are now: built here, or kept by any clone of this machine. */
function isBuilt(name, { feature }) {
  const now = inputsOf(feature);
  const out = outOf(name);
  const kept = cached(`wasm-${name}`, now.slice(0, 16));
  if (read(join(out, '.stamp')) !== now && read(join(kept, '.stamp')) === now) {
    rmSync(out, { recursive: true, force: true });
    // The stamp says that all is there: it comes last.
    cpSync(kept, out, { recursive: true, filter: (source) => !source.endsWith('.stamp') });
    writeFileSync(join(out, '.stamp'), now);
  }
  return read(join(out, '.stamp')) === now;
}

/** One wasm-pack run per artefact, into ts/<name>/wasm, where TypeScript finds its types. */
async function compile(name, artefact) {
  const { feature, profile } = artefact;
  const out = outOf(name);
  if (isBuilt(name, artefact)) return;
  rmSync(out, { recursive: true, force: true });
  await must(
    'wasm-pack',
    [
      'build',
      artefactCrate(),
      '--target',
      'web',
      '--profile',
      profile,
      '--mode',
      'no-install',
      '--no-pack',
      '--no-opt',
      '--out-dir',
      out,
      '--out-name',
      name,
      '--',
      '--locked',
      '--no-default-features',
      '--features',
      feature,
      ...remapped(),
    ],
    { capture: true, env: { CARGO_TARGET_DIR: join(root, 'target'), ...environment } },
  );
  // wasm-pack hides its output from git and npm alike.
  rmSync(join(out, '.gitignore'), { force: true });
}

/** Makes of what wasm-pack left what is published. */
async function finish(name, artefact) {
  if (isBuilt(name, artefact)) return;
  const { feature, profile, exports } = artefact;
  const out = outOf(name);
  const wasmFile = join(out, `${name}_bg.wasm`);
  const optimised = `${wasmFile}.opt`;
  const passes =
    profile === 'release'
      ? ['-Oz', '--gufa-optimizing', '--flatten', '--rereloop', '-Oz', '-Oz', '--reorder-functions-by-name']
      : ['-O3'];
  await must(
    'wasm-opt',
    [
      ...wasmFeatures,
      '--low-memory-unused',
      ...passes,
      '--strip-debug',
      '--strip-producers',
      '--strip-target-features',
      '-o',
      optimised,
      wasmFile,
    ],
    { capture: true },
  );
  cpSync(optimised, wasmFile);
  rmSync(optimised);
  const glue = join(out, `${name}.js`);
  checkExports(name, glue, exports);
  if (name === 'verifier') makeReplaceable(glue);
  await shortenNames(name, out, wasmFile);
  await slim(glue);
  inline(out, wasmFile);
  const now = inputsOf(feature);
  writeFileSync(join(out, '.stamp'), now);
  const keep = fillOnce(cached(`wasm-${name}`, now.slice(0, 16)), (draft) => cpSync(out, draft, { recursive: true }));
  await keep.catch(({ message }) => say(`${name} is built, and not kept for other clones: ${message}`));
}

/** Lets `initSync` replace an instance: after a trap the verifier is rebuilt, never trusted on. */
function makeReplaceable(glue) {
  const text = read(glue);
  const once = /(function initSync\(module\) \{\s*)if \(wasm !== undefined\) return wasm;/;
  if (!once.test(text)) throw new Error('the glue of wasm-bindgen changed; look at initSync');
  writeFileSync(glue, text.replace(once, '$1'));
}

/**
 * Shortens the names by which wasm and glue know each other: many end in sixteen random digits, which
 * neither side can compress.
 */
async function shortenNames(name, out, wasmFile) {
  const textFile = `${wasmFile}.wat`;
  await must('wasm-dis', [...wasmFeatures, '-o', textFile, wasmFile], { capture: true });
  const names = new Map();
  const short = (long) => names.get(long) ?? names.set(long, `_${names.size.toString(36)}`).get(long);
  const wat = read(textFile)
    .replace(/^( \(import )"[^"]+" "(__wb[^"]+)"/gm, (_, start, long) => `${start}"_" "${short(long)}"`)
    .replace(/^ \(export "__(?:abort_handler|instance_terminated)".*\n/gm, '')
    .replace(
      /^( \(export )"((?:__wbindgen|__externref|wasm_bindgen_)_[^"]+)"/gm,
      (_, start, long) => `${start}"${short(long)}"`,
    );
  for (const file of [`${name}.js`, `${name}.d.ts`, `${name}_bg.wasm.d.ts`].map((file) => join(out, file))) {
    const text = read(file).replace(/\w+/g, (word) => names.get(word) ?? word);
    writeFileSync(file, text.replace(`"./${name}_bg.js"`, '"_"'));
  }
  writeFileSync(textFile, wat);
  await must('wasm-as', [...wasmFeatures, '-o', wasmFile, textFile], { capture: true });
  rmSync(textFile);
}

/** Minifies the glue, without the loader that fetches: ours hand over a module. */
async function slim(glue) {
  const { build } = await import('esbuild');
  const types = glue.replace(/\.js$/, '.d.ts');
  const cut = (file, loader, rest) => {
    const text = read(file);
    if (!loader.test(text)) throw new Error(`the glue of wasm-bindgen changed; look at the end of ${file}`);
    writeFileSync(file, text.replace(loader, rest));
  };
  cut(glue, /export \{ initSync, __wbg_init as default \};/, 'export { initSync };');
  // Every host of the last years encodes into a view.
  cut(glue, /if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?\n\}\n/, '');
  // Browsers have had it since 2021; some edge runtimes of the verifier have not.
  if (!glue.endsWith('verifier.js'))
    cut(glue, /\(typeof FinalizationRegistry === 'undefined'\)\s*\? \{[^}]*\{\}[^}]*\{\} \}\s*: /g, '');
  cut(types, /\/\*\*(?:(?!\*\/)[^])*\*\/\nexport default function __wbg_init [^]*$/, '');
  await build({
    entryPoints: [glue],
    outfile: glue,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    drop: ['console'],
  });
}

/** An artefact exports what wasm-pack.toml lists, no more and no less. */
function checkExports(name, glue, allowed) {
  const text = read(glue);
  const found = [...text.matchAll(/^export (?:async )?(?:class|function) (\w+)/gm)].map(([, id]) => id).sort();
  const expected = [...allowed].sort();
  if (found.join() !== expected.join()) {
    throw new Error(`${name} exports ${found.join(' ')}\nwasm-pack.toml allows ${expected.join(' ')}`);
  }
}

/** The wasm as a module, for hosts without files or URLs. */
function inline(out, wasmFile) {
  const base64 = readFileSync(wasmFile).toString('base64');
  writeFileSync(
    join(out, 'inline.js'),
    `const base64 = '${base64}';\n` +
      '/** The bytes of the wasm module. */\n' +
      'export const wasmBytes = () => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));\n',
  );
  writeFileSync(
    join(out, 'inline.d.ts'),
    '/** The bytes of the wasm module. */\nexport declare const wasmBytes: () => Uint8Array<ArrayBuffer>;\n',
  );
}

/** The scripts of the signing origin: what each is made of, and the module that the server finds it in. */
const scripts = {
  'signing-iframe.js': { entry: 'iframe/script.js', module: 'signing-script.js' },
  'consent.js': { entry: 'consent/script.js', module: 'consent-script.js' },
};

/** Self-contained: one SRI hash covers code and wasm. */
async function signingScripts() {
  const { build } = await import('esbuild');
  const integrities = {};
  for (const [name, { entry, module }] of Object.entries(scripts)) {
    const outfile = join(dist, name);
    await build({
      entryPoints: [join(dist, entry)],
      bundle: true,
      format: 'iife',
      minify: true,
      target: 'es2022',
      legalComments: 'none',
      outfile,
    });
    const source = read(outfile);
    const integrity = `sha384-${createHash('sha384').update(source).digest('base64')}`;
    writeFileSync(
      join(dist, 'verifier', module),
      `export const integrity = ${JSON.stringify(integrity)};\nexport const source = ${JSON.stringify(source)};\n`,
    );
    integrities[name] = integrity;
  }
  return integrities;
}

function assemble(names) {
  const version = /^version = "(.*)"$/m.exec(read(join(root, 'Cargo.toml')))[1];
  const manifest = JSON.parse(read(join(root, 'pkg-template', 'package.json')));
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  cpSync(join(root, 'pkg-template', 'README.md'), join(dist, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(dist, 'LICENSE'));
  for (const name of names) {
    cpSync(join(root, 'ts', name, 'wasm'), join(dist, name, 'wasm'), {
      recursive: true,
      filter: (source) => !source.endsWith('.stamp'),
    });
  }
}

/** So that tests and the demo import the package by its name, as users do. npm prunes it at every install. */
function link() {
  const path = join(root, 'node_modules', 'partitioned-authority');
  if (existsSync(path) && realpathSync(path) === realpathSync(dist)) return;
  rmSync(path, { force: true });
  symlinkSync(dist, path, 'dir');
}

/** TypeScript, the scripts of the signing origin, packaging; fails over budget. */
async function assembled() {
  const list = await artefacts();
  const stamp = join(dist, '.stamp');
  const now = fingerprint(['ts', 'pkg-template', 'tools', 'Cargo.toml', 'tsconfig.json', 'LICENSE']);
  const kept = join(dist, '.integrity');
  if (read(stamp) !== now) {
    rmSync(dist, { recursive: true, force: true });
    mkdirSync(dist);
    await must('tsc', ['-p', 'tsconfig.json'], { capture: true });
    assemble(list.map(([name]) => name));
    writeFileSync(kept, JSON.stringify(await signingScripts()));
    writeFileSync(stamp, now);
  }
  link();
  if (!sizes(dist, list, Object.keys(scripts))) throw new Error('an artefact is over its budget');
  for (const [name, integrity] of Object.entries(JSON.parse(read(kept))))
    console.log(`build  ${name}  integrity="${integrity}"`);
}

/** The steps of a build, as jobs: one artefact is compiled at a time, while those before it are finished. */
export async function builds() {
  const list = await artefacts();
  return [
    ...list.flatMap(([name, artefact]) => [
      { name: `build: compile ${name}`, lock: 'release', run: () => compile(name, artefact) },
      { name: `build: finish ${name}`, needs: [`build: compile ${name}`], run: () => finish(name, artefact) },
    ]),
    { name: 'build', needs: list.map(([name]) => `build: finish ${name}`), run: assembled },
  ];
}

/** Builds what is missing or stale; prints the size table; fails over budget. */
export async function build() {
  const step = (job) => ({
    ...job,
    run: async () => {
      await job.run();
      return { passed: 1, failed: 0 };
    },
  });
  await schedule((await builds()).map(step), availableParallelism(), ({ job, failed, output, seconds }) => {
    if (failed > 0) throw new Error(`${job.name}: ${output}`);
    if (seconds > 2) say(`${job.name.replace('build: ', '')}, ${Math.round(seconds)} s`);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setup();
  await build();
}
