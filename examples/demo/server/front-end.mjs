/** The static front end: one bundle, made in memory when the demo starts, and three plain files. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PUBLIC = new URL('../public/', import.meta.url);

/** `replacements` fill the `{{name}}` places of index.html; their values are ours, never a request's. */
export async function createFrontEnd(replacements) {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('main.mjs', PUBLIC))],
    outfile: '/app.js',
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    sourcemap: 'linked',
    logLevel: 'silent',
  });
  const template = (await readPublic('index.html')).toString();
  const html = template.replace(/\{\{(\w+)\}\}/g, (_, name) => escape(replacements[name]));
  const files = new Map([
    ['/', ['text/html; charset=utf-8', html]],
    ['/style.css', ['text/css; charset=utf-8', await readPublic('style.css')]],
    ['/favicon.svg', ['image/svg+xml', await readPublic('favicon.svg')]],
  ]);
  for (const { path, contents } of bundle.outputFiles) {
    const type = path.endsWith('.map') ? 'application/json' : 'text/javascript; charset=utf-8';
    files.set(path, [type, Buffer.from(contents)]);
  }

  return (req, res, next) => {
    const file = req.method === 'GET' || req.method === 'HEAD' ? files.get(req.path) : undefined;
    if (!file) return next();
    res.set('cache-control', 'no-cache').set('content-type', file[0]).send(file[1]);
  };
}

function readPublic(name) {
  return readFile(new URL(name, PUBLIC));
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
