// Circles of modules, in src/, ts/ and the lab: `npm run lint` fails on one. A circle means that none of its modules
// can be read, tested or moved without the others. It also fails on a wing that imports what it may not.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './run.mjs';

const filesIn = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending) && !entry.parentPath.includes('/wasm'))
    .map((entry) => join(entry.parentPath, entry.name));

/** Wings of src/, and all that their modules may import of the others. */
const WINGS = { canonical: ['error', 'host'], proof: ['bare', 'canonical', 'error'], evidence: ['proof'] };

/** Every circle of a graph, by Tarjan's strongly connected components; `edges` is a map of sets. */
function circlesOf(edges) {
  const found = [];
  const order = new Map();
  const low = new Map();
  const stack = [];
  const visit = (node) => {
    order.set(node, order.size);
    low.set(node, order.get(node));
    stack.push(node);
    for (const next of edges.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== order.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    if (members.length > 1) found.push(members.sort());
  };
  for (const node of edges.keys()) if (!order.has(node)) visit(node);
  return found;
}

function typescript(folder) {
  const edges = new Map();
  for (const file of filesIn(folder, '.ts')) {
    const text = readFileSync(file, 'utf8');
    const targets = [...text.matchAll(/(?:^|\n)(?:import|export)\b[^;]*?from '(\.[^']*)';/g)]
      .map(([, path]) => join(dirname(file), path).replace(/\.js$/, '.ts'))
      .filter((path) => existsSync(path));
    edges.set(relative(root, file), new Set(targets.map((path) => relative(root, path))));
  }
  return edges;
}

/** The paths that a tree of `use` names, as lists of words: `a::{b, c::d}` is `[a, b]` and `[a, c, d]`. */
function paths(tree) {
  const text = tree.trim();
  const open = text.indexOf('{');
  if (open < 0)
    return [
      text
        .replace(/ as .*/s, '')
        .split('::')
        .map((word) => word.trim()),
    ];
  const prefix = text
    .slice(0, open)
    .split('::')
    .map((word) => word.trim())
    .filter(Boolean);
  const parts = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if ((text[at] === ',' && depth === 1) || depth === 0) {
      if (text.slice(from, at).trim()) parts.push(text.slice(from, at));
      from = at + 1;
    }
    if (depth === 0) break;
  }
  return parts.flatMap(paths).map((rest) => [...prefix, ...rest.filter((word) => word !== 'self')]);
}

/** What is no code: comments, texts and characters. */
const commentsAndTexts = /\/\/.*$|\bb?r(#*)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|'(?:\\.|[^'\\])'/gm;

function rust(folder) {
  const modules = new Map();
  for (const file of filesIn(folder, '.rs').filter((path) => !path.endsWith('/tests.rs'))) {
    const words = relative(join(root, folder), file)
      .replace(/\.rs$/, '')
      .split('/')
      .filter((word) => !['lib', 'main', 'mod'].includes(word));
    // What only tests use is no dependency.
    const text = readFileSync(file, 'utf8')
      .replace(commentsAndTexts, '')
      .split(/#\[cfg\(test\)\]\s*mod \w+ \{/)[0];
    const uses = [...text.matchAll(/(?:^|\n)\s*(pub(?:\([^)]*\))? )?use ([^;]+);/g)].map(([, isPublic, tree]) => ({
      isPublic,
      paths: paths(tree),
    }));
    const inline = [...text.matchAll(/\b(\w+(?:::\w+)+)/g)].map(([path]) => path.split('::'));
    modules.set(words.join('::'), { words, uses, inline });
  }
  const absolute = (words, path) => {
    if (path[0] === 'crate') return path.slice(1);
    let base = words;
    let rest = path;
    if (rest[0] === 'self') rest = rest.slice(1);
    for (; rest[0] === 'super'; rest = rest.slice(1)) base = base.slice(0, -1);
    if (path[0] === 'super' || path[0] === 'self') return [...base, ...rest];
    // A path without a root names a child, or a crate.
    return modules.has([...words, path[0]].join('::')) ? [...words, ...path] : undefined;
  };
  /** The module that a path leads to, through what modules on the way re-export. */
  const resolve = (path, hops = 0) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const name = path.slice(0, length).join('::');
      const module = modules.get(name);
      if (!module) continue;
      const item = path[length];
      for (const { isPublic, paths: all } of module.uses) {
        if (!isPublic || item === undefined || hops > 4) continue;
        const exported = all.find((one) => one.at(-1) === item);
        const target = exported && absolute(module.words, exported);
        if (target) return resolve(target, hops + 1);
      }
      return name;
    }
    return undefined;
  };
  const edges = new Map();
  for (const [name, { words, uses, inline }] of modules) {
    const targets = [...uses.filter(({ isPublic }) => !isPublic).flatMap((use) => use.paths), ...inline]
      .map((path) => absolute(words, path))
      .filter(Boolean)
      .map((path) => resolve(path))
      .filter((target) => target !== undefined && target !== name);
    edges.set(name, new Set(targets));
  }
  return edges;
}

/** What a wing imports though it may not, as sentences. */
function strayImports(edges) {
  const wing = (name) => name.split('::')[0];
  return Object.entries(WINGS).flatMap(([from, permitted]) =>
    [...edges]
      .filter(([name]) => wing(name) === from)
      .flatMap(([name, targets]) =>
        [...targets]
          .filter((to) => ![from, ...permitted].includes(wing(to)))
          .map((to) => `${name} imports ${to || 'lib'}`),
      ),
  );
}

/** Throws where there is a circle, or a wing that imports what it may not. */
export function circles() {
  const graphs = { ts: typescript('ts'), src: rust('src'), lab: rust('lab/src') };
  const found = Object.entries(graphs).flatMap(([where, edges]) =>
    circlesOf(edges).map((members) => `${where}: ${members.map((name) => name || 'lib').join(', ')}`),
  );
  const problems = [...found.map((circle) => `a circle in ${circle}`), ...strayImports(graphs.src)];
  if (problems.length > 0) throw new Error(problems.join('\n  '));
}
