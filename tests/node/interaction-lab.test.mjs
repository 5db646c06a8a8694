// The lab that measures the interaction score, on a small directory made here: no recording is needed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

const root = new URL('../..', import.meta.url).pathname;
const lab = (...args) => spawnSync(process.execPath, ['lab/run.mjs', ...args], { cwd: root, encoding: 'utf8' });

/** A ruled line at a steady 60 Hz. */
const ruled = (i) =>
  Array.from({ length: 25 }, (_, k) => [Math.round((k * 1000) / 60), 100 + 9 * k, 200 + (3 + (i % 5)) * k]);
/** Speeds up, slows down long before the end, bends, stops short and corrects. */
function handlike(i) {
  const bend = 1 + (i % 7);
  const points = [];
  for (let k = 0; k < 34; k += 1) {
    const u = k / 33;
    const way = u < 0.7 ? 0.94 * (1 - (1 - u / 0.7) ** 3) : 0.94 + 0.06 * ((u - 0.7) / 0.3) ** 2;
    const shake = ((k * 7919 + i * 104729) % 5) - 2;
    points.push([
      k * 16 + ((k * 31 + i) % 3),
      Math.round(400 * way + shake / 2),
      Math.round(bend * 9 * Math.sin(3 * u) + shake / 3),
    ]);
  }
  return points;
}
const row = (source, label, group, points, more = {}) =>
  JSON.stringify({ source, label, group, points, click: points.at(-1), ...more });
const lines = (count, make) => Array.from({ length: count }, (_, i) => make(i)).join('\n');

let directory;
before((t) => {
  directory = mkdtempSync(join(tmpdir(), 'interaction-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(
    join(directory, 'people.jsonl'),
    lines(40, (i) => row('hands', 'human', `p${i % 4}/a`, handlike(i), { dwell_ms: 80 })),
  );
  writeFileSync(
    join(directory, 'programs.jsonl.gz'),
    gzipSync(lines(30, (i) => row('ruler', 'bot', `ruler/${i}`, ruled(i)))),
  );
  writeFileSync(join(directory, 'notes.txt'), 'no data');
});

test('it judges people and programs of any directory', () => {
  const plots = join(directory, 'plots');
  const { status, stdout, stderr } = lab('eval', '--data', directory, '--plots', plots, '--json');
  assert.equal(status, 0, stderr);
  const found = JSON.parse(stdout);
  assert.equal(found.shipped.people.hands.samples, 40);
  assert.equal(found.shipped.programs.ruler.samples, 30);
  assert.equal(found.shipped.programs.ruler.caught['0.01']['1'], 1);
  assert.ok(found.shipped.programs.ruler.area > 0.95);
  assert.equal(found.shipped_private.programs.ruler.caught['0.05']['1'], 1);
  assert.equal(found.session_test.programs.ruler.doubted, 1);
  const names = ['clicks-shipped', 'people-shipped', 'replay-control', 'roc-shipped'];
  assert.deepEqual(
    readdirSync(plots).sort(),
    names.flatMap((name) => [`${name}-dark.svg`, `${name}-light.svg`]),
  );
});

test('people alone, and programs alone, will do', () => {
  for (const [file, kind] of [
    ['people.jsonl', 'people'],
    ['programs.jsonl.gz', 'programs'],
  ]) {
    const { status, stdout, stderr } = lab(
      'eval',
      '--data',
      join(directory, file),
      '--plots',
      join(directory, 'plots'),
      '--json',
    );
    assert.equal(status, 0, stderr);
    assert.equal(Object.keys(JSON.parse(stdout).shipped[kind]).length, 1);
  }
});

test('a score a line, and a line for a line that is no sample', () => {
  const file = join(directory, 'mixed.txt');
  const few = [
    [0, 1, 1],
    [16, 2, 2],
    [33, 4, 4],
    [50, 9, 9],
    [66, 12, 12],
  ];
  writeFileSync(
    file,
    [
      row('a', 'bot', 'a', ruled(0)),
      '{"source":',
      row('b', 'human', 'b', few),
      row('c', 'human', 'c', handlike(1)),
    ].join('\n'),
  );
  const { status, stdout, stderr } = lab('score', '--score', file);
  assert.equal(status, 2, 'a verb is asked for');
  const scored = lab('eval', '--score', file);
  assert.equal(scored.status, 0, stderr + stdout);
  const [line, broken, little, hand] = scored.stdout.trim().split('\n').map(Number);
  assert.ok(line < 0.05 && Number.isNaN(broken) && hand > line);
  assert.equal(little, 0.5, 'too little movement to say');
  assert.match(scored.stderr, /mixed\.txt:2: no JSON/);
});

test('malformed data is named by file and line', () => {
  const folder = mkdtempSync(join(directory, 'bad-'));
  for (const [text, reason] of [
    ['{"source":"x","label":"robot","group":"g","points":[]}', /bad\.jsonl:2: `label` is "robot"/],
    ['{"source":"x","label":"bot","group":"g","points":[[1,2]]}', /bad\.jsonl:2: `points` is not/],
    ['{"label":"bot","group":"g","points":[]}', /bad\.jsonl:2: `source` is missing/],
    ['{"source":"x","label":"bot","points":[],"dwell_ms":"1"}', /bad\.jsonl:2: `dwell_ms` is no number/],
  ]) {
    writeFileSync(join(folder, 'bad.jsonl'), `${row('x', 'bot', 'g', ruled(1))}\n${text}\n`);
    const { status, stderr } = lab('eval', '--data', folder);
    assert.equal(status, 1);
    assert.match(stderr, reason);
  }
  const { status, stderr } = lab('eval', '--data', mkdtempSync(join(directory, 'empty-')));
  assert.deepEqual([status, /no \*\.jsonl or \*\.jsonl\.gz/.test(stderr)], [1, true]);
});
