/**
 * `partitioned-authority/audit`: where decisions go. Each function makes the `audit` option of
 * `createAuthority`; `toAll` joins several. For a hash-chained file see `partitioned-authority/audit/file`.
 *
 * No secret, trajectory or whole address is in a decision. `userId` and `session` name a person's session:
 * treat the log as personal data.
 *
 * @module
 */
import type { CallDecision, Decision, RequestDecision } from '../verifier/options.js';

export type { CallDecision, Decision, RequestDecision };

/** The `audit` option of `createAuthority`. */
export type AuditSink = (decision: Decision) => unknown;

/** What the sinks need of a console. */
export interface ConsoleLike {
  info(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}

/** One line of JSON per decision: refusals as warnings. */
export function consoleAudit(target: ConsoleLike = console): AuditSink {
  return (decision) => {
    const line = JSON.stringify(decision);
    if (decision.outcome === 'refused') target.warn(line);
    else target.info(line);
  };
}

/** A logger of pino's shape: the object first, then the message. */
export interface PinoLike {
  info(object: object, message: string): void;
  warn(object: object, message: string): void;
}

/** `{ pas: decision }` at level info, or warn for refusals. */
export function pinoAudit(logger: PinoLike): AuditSink {
  return (decision) => {
    const { event, outcome, code } = decision;
    const what = event === 'request' ? `${decision.method} ${decision.path}` : event;
    const message = `${what} ${outcome}${code === undefined ? '' : ` ${code}`}`;
    if (outcome === 'refused') logger.warn({ pas: decision }, message);
    else logger.info({ pas: decision }, message);
  };
}

type Attributes = Record<string, string | number | boolean>;

/** What is used of `@opentelemetry/api`. */
export interface OpenTelemetryLike {
  metrics: {
    getMeter(name: string): {
      createCounter(
        name: string,
        options?: { description?: string },
      ): { add(value: number, attributes?: Attributes): void };
    };
  };
  trace: { getActiveSpan(): { addEvent(name: string, attributes?: Attributes): unknown } | undefined };
}

/**
 * The counter `pas.decisions` by event, outcome, code, tier and band of the interaction, and an event `pas.decision` on the active span. Names
 * of users and sessions are left out: neither is for a metrics or tracing back end.
 *
 * @param api `{ trace, metrics }` of `@opentelemetry/api`
 */
export function openTelemetryAudit({ trace, metrics }: OpenTelemetryLike): AuditSink {
  const counter = metrics
    .getMeter('partitioned-authority')
    .createCounter('pas.decisions', {
      description: 'Requests that the authority decided, and calls that changed who may do what',
    });
  return (decision) => {
    const { event, outcome, code } = decision;
    const told = { 'pas.event': event, 'pas.outcome': outcome, ...present('pas.code', code) };
    const [kind, more] = event === 'request' ? ofRequest(decision) : [{}, {}];
    counter.add(1, { ...told, ...kind });
    trace.getActiveSpan()?.addEvent('pas.decision', { ...told, ...kind, ...more });
  };
}

/** What is counted of a request, and what an event tells besides. */
function ofRequest({ tier, action, method, path, changed, interaction }: RequestDecision): [Attributes, Attributes] {
  return [
    { ...present('pas.tier', tier), ...present('pas.band', interaction?.band) },
    {
      ...present('pas.action', action),
      ...present('pas.changed', changed?.join()),
      ...(interaction?.seen ? { 'pas.seen': true } : {}),
      'http.request.method': method,
      'url.path': path,
    },
  ];
}

const present = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

/** Every sink gets every decision; one that fails does not keep it from the others. */
export function toAll(...sinks: AuditSink[]): AuditSink {
  return async (decision) => {
    const outcomes = await Promise.allSettled(sinks.map(async (sink) => sink(decision)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  };
}
