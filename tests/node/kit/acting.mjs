// A site with an action that a person can be asked about, and a route without one. What its store is asked is told.
import { routes, startSite } from './site.mjs';

export const BODY = '{"amount":1}';
const ASKED = {
  method: 'POST',
  path: '/api/act',
  fields: { amount: 'json:/amount' },
  text: { en: 'Pay {amount}' },
  tier: 'consent',
  onDemand: true,
};

/** `/api/act` has the action, `/api/free` has none. `calls` are the operations, `admissions` what `admit` got. */
export async function startActing(t, options) {
  const [calls, admissions] = [[], []];
  const site = await startSite(t, {
    configure(app, pas, seen, authority) {
      authority.action('act', ASKED);
      app.post('/api/free', pas.require({ tier: 'interactive', action: 'free' }), (request, response) => {
        response.json({ interaction: request.authority.interaction, tier: request.authority.tier });
      });
      routes(app, pas, seen);
    },
    wrap: (store) =>
      new Proxy(store, {
        get: (target, name) =>
          typeof target[name] !== 'function'
            ? target[name]
            : (...values) => {
                calls.push(name);
                if (name === 'admit') admissions.push(values[0]);
                return target[name](...values);
              },
      }),
    ...options,
  });
  return { site, calls, admissions };
}

/** A request of the frame to one of the two, with the movement that the fields say. */
export async function act(frame, fields = {}, { target = '/api/act', ...more } = {}) {
  const request = { method: 'POST', target, type: 'application/json', body: BODY };
  const binding = { action: target.slice('/api/'.length), method: 'POST', target, body: BODY };
  return frame.fetch({ ...request, proof: await frame.proof({ ...binding, ...fields }), ...more });
}
