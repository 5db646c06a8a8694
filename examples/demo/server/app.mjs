/** The app origin: a small bank. The shell is public; every piece of data is fetched signed. */
import express from 'express';
import { neededFor } from './asking.mjs';
import { BankError } from './bank.mjs';
import { problem } from './problem.mjs';
import { balanceSvg, statementCsv } from './statement.mjs';

/** Express app of the app origin. `lab` is mounted under `/lab`, and exists only in this demo. */
export function createApp({ authority, pas, bank, people, appOrigin, signOrigin, frontEnd, lab }) {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(onlyHost(new URL(appOrigin).host));
  app.use(securityHeaders(signOrigin));
  app.use(frontEnd);
  app.use(pas.handler);

  app.post('/login', fromOurPage(appOrigin), express.json({ limit: '1kb' }), async (req, res) => {
    const { user, password } = req.body ?? {};
    if (typeof user !== 'string' || typeof password !== 'string') {
      return problem(res, 400, 'LOGIN_MALFORMED', 'A user and a password are needed.');
    }
    if (people.throttled(user)) return problem(res, 429, 'LOGIN_THROTTLED', 'Too many wrong passwords. Wait a minute.');
    if (!(await people.check(user, password))) {
      return problem(res, 401, 'LOGIN_WRONG', 'The name or the password is not right.');
    }
    const { setCookie } = await authority.begin({ id: user, label: deviceName(req.get('user-agent')) });
    res.append('set-cookie', setCookie).set('cache-control', 'no-store').json({ user });
  });

  const signed = pas.require({ tier: 'signed' });

  app.get('/api/account', signed, (req, res) => {
    const id = user(req);
    res.json({ ...bank.account(id), payees: bank.payees(id) });
  });

  app.get('/api/transactions', signed, (req, res) => {
    const limit = Math.min(Math.max(Number.parseInt(req.query.limit ?? '20', 10) || 20, 1), 200);
    res.json(bank.transactions(user(req), limit));
  });

  app.post('/api/pot', signed, (req, res) => {
    const entry = bank.setAside(user(req), req.body?.amount);
    res.json({ entry, account: bank.account(user(req)) });
  });

  app.post(
    '/api/transfers',
    pas.require({ tier: 'interactive', action: 'transfer', stepUp: neededFor }),
    (req, res) => {
      const { to, amount, name, currency } = req.body ?? {};
      const entry = bank.transfer(user(req), { to, amount, name, currency });
      res.json({
        entry,
        account: bank.account(user(req)),
        tier: req.authority.tier,
        interaction: req.authority.interaction,
        consent: req.authority.consent,
      });
    },
  );

  app.get('/statement.csv', pas.require({ tier: 'signed', ticket: true }), (req, res) => {
    const id = user(req);
    res.set({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="statement-${id}.csv"`,
    });
    res.send(statementCsv(bank.transactions(id, 200)));
  });

  app.get('/balance.svg', pas.require({ tier: 'signed', ticket: true }), (req, res) => {
    res.set('content-type', 'image/svg+xml').send(balanceSvg(bank.transactions(user(req), 200)));
  });

  app.get('/api/sessions', signed, async (req, res) => {
    const { id: current, userId } = req.authority.session;
    const sessions = await authority.sessions.list(userId);
    res.json(
      sessions.map(({ id, label, createdAt, lastSeenAt, network, tiers }) => ({
        id,
        label,
        createdAt,
        lastSeenAt,
        network,
        tiers,
        current: id === current,
      })),
    );
  });

  app.delete('/api/sessions/:id', pas.require({ tier: 'interactive', action: 'revoke-session' }), async (req, res) => {
    const revoked = await authority.sessions.revoke(user(req), req.params.id);
    if (!revoked) return problem(res, 404, 'SESSION_UNKNOWN', 'That session has already ended.');
    res.json({ revoked: 1 });
  });

  app.delete('/api/sessions', pas.require({ tier: 'interactive', action: 'revoke-session' }), async (req, res) => {
    const { id: current, userId } = req.authority.session;
    res.json({ revoked: await authority.sessions.revokeAll(userId, { except: current }) });
  });

  app.use('/lab', fromOurPage(appOrigin), lab);

  app.use((req, res) => problem(res, 404, 'NOT_FOUND', 'There is nothing here.'));
  app.use((error, req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof BankError) return problem(res, error.status, error.code, error.message);
    if (error.status >= 400 && error.status < 500) {
      return problem(res, error.status, 'REQUEST_MALFORMED', 'The request could not be read.');
    }
    console.error(error);
    problem(res, 500, 'INTERNAL', 'Something went wrong on the server.');
  });
  return app;
}

function user(req) {
  return req.authority.session.userId;
}

function securityHeaders(signOrigin) {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `frame-src ${signOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return (req, res, next) => {
    res.set({
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    next();
  };
}

/** The listener serves one host name: a page that rebinds its own name to this machine gets nothing. */
function onlyHost(host) {
  return (req, res, next) => {
    if (req.headers.host === host) return next();
    problem(res, 421, 'HOST_UNKNOWN', `This server is ${host}.`);
  };
}

/** Endpoints that come before any signature: refuses other origins, so that nobody is logged in by a foreign page. */
function fromOurPage(appOrigin) {
  return (req, res, next) => {
    if (req.get('origin') === appOrigin) return next();
    problem(res, 403, 'ORIGIN_REFUSED', 'Only the page of this origin may ask this.');
  };
}

/** A short device name for the session list. */
function deviceName(agent = '') {
  const headless = { HeadlessChrome: 'Headless Chrome' };
  const browsers = { Firefox: 'Firefox', 'Edg/': 'Edge', ...headless, Chrome: 'Chrome', Safari: 'Safari' };
  const systems = { Android: 'Android', iPhone: 'iPhone', Windows: 'Windows', 'Mac OS X': 'macOS', Linux: 'Linux' };
  const named = (names, otherwise) => Object.entries(names).find(([sign]) => agent.includes(sign))?.[1] ?? otherwise;
  return `${named(browsers, 'A browser')} on ${named(systems, 'an unknown system')}`;
}
