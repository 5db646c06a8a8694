import { evilOrigin } from '../app/session.mjs';
import { askFrame, openPort, signOverPort, signingFrame } from './frame-port.mjs';
import { show } from './outcome.mjs';
import { now, sleep } from './time.mjs';
import { askLab, send } from './wire.mjs';

const target = '/api/account';
const WAIT_MS = 20_000;

export default {
  id: 'foreign-frame',
  title: 'Foreign frame',
  attacker: 'A hostile origin of the same site, as after a sub-domain takeover, frames the signing page in a window.',
  expected: { policy: ['FRAME_ANCESTORS'], framed: ['NO_ANSWER'] },

  /** Opens the hostile page, which does the same as our client and reports to its own server. */
  prepare() {
    const id = crypto.randomUUID();
    const query = new URLSearchParams({ id, frame: signingFrame().src, url: new URL(target, location.href).href });
    open(`${evilOrigin}/?${query}`, '_blank', 'popup,noopener,width=520,height=360');
    return id;
  },

  async run({ page, attack, honest, note, prepared }) {
    await attack('policy', 'may this origin frame the signing page?', readPolicy);
    note('Waiting for the hostile page’s report (allow the pop-up)…');
    await attack('framed', 'it frames the page and asks for a signature', async () =>
      readReport(await waitForReport(prepared)),
    );
    const port = openPort(page);
    await honest('state', 'the same question from this page', () => askFrame(port, { type: 'state' }));
    await honest('signed', 'and a signature for it', async () =>
      send(await signOverPort(port, { method: 'GET', target })),
    );
    port.close();
  },
};

/** By the answer that the signing origin really gives: who is among its frame-ancestors? */
async function readPolicy() {
  const { line, status, ms, policy } = await askLab('/lab/signing-page', { url: signingFrame().src });
  const directives = policy.split(';').map((part) => part.trim().split(/\s+/));
  const sources = directives.find(([name]) => name === 'frame-ancestors')?.slice(1) ?? ['*'];
  const closed = sources.every((source) => source !== evilOrigin && !source.includes('*') && !/^https?:$/.test(source));
  return {
    verdict: closed ? 'refused' : 'accepted',
    code: closed ? 'FRAME_ANCESTORS' : '',
    line,
    status,
    ms,
    received: policy || 'no Content-Security-Policy',
  };
}

/** The hostile page first framed a page of its own, which answers anybody: were that silent too, silence says nothing. */
function readReport({ report, ms }) {
  if (!report) throw new Error('The hostile page did not report. Was its window blocked?');
  const { control, target: signing } = report;
  const verdict = signing.answered ? 'accepted' : control.answered ? 'refused' : 'error';
  return {
    verdict,
    code: signing.answered ? '' : 'NO_ANSWER',
    line: `iframe on ${evilOrigin}`,
    ms,
    received: show({ 'its own control frame': control, 'the signing page': signing }),
  };
}

async function waitForReport(id) {
  const started = now();
  for (;;) {
    const { report } = await askLab(`/lab/reports/${id}`, {});
    const ms = now() - started;
    if (report || ms > WAIT_MS) return { report, ms };
    await sleep(300);
  }
}
