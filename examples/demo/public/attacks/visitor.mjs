/** A second account in this browser, the lab's own, for attacks that would cost you your session. */
import { openClient } from '../app/session.mjs';
import { askLab } from './wire.mjs';

let last = Promise.resolve();

/**
 * Logs the visitor in and calls `use(enroll)`; `enroll()` lets the frame enrol and returns the visitor's client.
 * One at a time, as the browser has one enrolment ticket. Logs out at the end.
 */
export function asVisitor(use) {
  const turn = last.then(async () => {
    const guest = await openClient();
    let enrolled = false;
    try {
      await askLab('/lab/visitor', {});
      return await use(async () => {
        await guest.enroll();
        enrolled = true;
        return guest;
      });
    } finally {
      // Only once it is the visitor's: before, this client would speak for the account that is there.
      if (enrolled) await guest.logout();
      guest.dispose();
    }
  });
  last = turn.catch(() => {});
  return turn;
}
