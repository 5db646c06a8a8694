/** Answers of the demo's own making, in the shape of RFC 9457. */
export function problem(res, status, code, title) {
  res.status(status).type('application/problem+json').set('cache-control', 'no-store');
  res.send(JSON.stringify({ type: 'about:blank', title, status, code }));
}
