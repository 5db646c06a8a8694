// What the second implementation says of a case of request.json or control.json.
import { independentServer } from '../independent/deployment.mjs';
import { requestOf } from './deployment.mjs';

/** The tier of a request; throws the refusal. Earlier requests must be accepted. */
export function answerOnce(deployment, { request, route, before = 0, events = [] }, { verifyRequest }) {
  const server = independentServer(deployment);
  const verify = (one) => verifyRequest(server, requestOf(one), route);
  for (const earlier of [...events, ...Array(before).fill(request)]) verify(earlier);
  return { tier: verify(request).tier };
}

/** What a control request is answered; throws the refusal. */
export function answerControlOnce(deployment, { request, before = 0 }, { answerControl }) {
  const server = independentServer(deployment);
  for (let count = 0; count < before; count += 1) answerControl(server, requestOf(request));
  return { answer: answerControl(server, requestOf(request)) };
}
