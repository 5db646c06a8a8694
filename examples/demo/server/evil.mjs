/**
 * A hostile origin of the same site, as after a sub-domain takeover. It has one page, which tries to
 * use the signing origin in a frame of its own and posts what happened to its own server.
 */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../evil/', import.meta.url);
const FILES = new Map([
  ['/', ['page.html', 'text/html; charset=utf-8']],
  ['/page.mjs', ['page.mjs', 'text/javascript; charset=utf-8']],
  ['/control', ['control.html', 'text/html; charset=utf-8']],
  ['/control.js', ['control.js', 'text/javascript; charset=utf-8']],
]);
const REPORT_LIMIT = 8 * 1024;
const REPORTS_KEPT = 50;

export function createEvilOrigin({ signOrigin }) {
  const reports = new Map();
  return { reports, handler };

  function handler(req, res) {
    const [pathname, query] = req.url.split('?', 2);
    const file = FILES.get(pathname);
    res.setHeader('cache-control', 'no-store');
    if (req.method === 'GET' && file) {
      res.setHeader('content-type', file[1]);
      res.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'self'; connect-src 'self'; frame-src 'self' ${signOrigin}`,
      );
      return res.end(readFileSync(new URL(file[0], FOLDER)));
    }
    if (req.method === 'POST' && pathname === '/report') return receive(req, res, new URLSearchParams(query).get('id'));
    res.statusCode = 404;
    res.end();
  }

  function receive(req, res, id) {
    let text = '';
    req.setEncoding('utf8');
    req.on('data', (chunk) => {
      text += chunk;
      if (text.length > REPORT_LIMIT) req.destroy();
    });
    req.on('end', () => {
      try {
        keep(id, JSON.parse(text));
        res.statusCode = 204;
      } catch {
        res.statusCode = 400;
      }
      res.end();
    });
  }

  function keep(id, report) {
    if (!/^[\w-]{8,64}$/.test(id ?? '')) throw new RangeError('no report id');
    reports.set(id, report);
    if (reports.size > REPORTS_KEPT) reports.delete(reports.keys().next().value);
  }
}
