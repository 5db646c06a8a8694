// Random histories, answered by the rule in Rust and by others.
import { isDeepStrictEqual } from 'node:util';
import { monotone, randomHistory, shrink } from './histories.mjs';
import { readers } from './readers.mjs';
import { reference } from './reference.mjs';

/** Histories that the program is asked for at once. */
const BATCH = 1_000;

/** What the reference is asked for a reader. */
const asHeard = (history, { remembersQuestions }) => (remembersQuestions ? monotone(history) : history);

/** What a reader answers, or why it does not. */
const answersOf = (subject, history) => subject.answers(history).catch(({ message }) => message);

/** Whether a reader answers a history otherwise than the reference. */
async function differs(reader, subject, history) {
  const [wanted] = await reference([asHeard(history, reader)]);
  return !isDeepStrictEqual(await answersOf(subject, history), wanted);
}

/**
 * So many histories from a seed on, to the reader of a name. Gives what happened, and the first disagreement: the
 * shortest history that shows it, with both answers.
 */
export async function agreement(name, { histories, seed }) {
  const reader = readers[name];
  const subject = await reader.make();
  const figures = { histories: 0, requests: 0, codes: {} };
  try {
    for (let from = 0; from < histories; from += BATCH) {
      const seeds = Array.from({ length: Math.min(BATCH, histories - from) }, (_, at) => (seed + from + at) % 2 ** 31);
      const asked = seeds.map(randomHistory).filter((history) => !reader.lacks(history));
      const wanted = await reference(asked.map((history) => asHeard(history, reader)));
      for (const [at, history] of asked.entries()) {
        const found = await answersOf(subject, history);
        if (!isDeepStrictEqual(found, wanted[at])) {
          const shortest = await shrink(history, (less) => differs(reader, subject, less));
          const [rust] = await reference([asHeard(shortest, reader)]);
          return { ...figures, disagreement: { history: shortest, rust, [name]: await answersOf(subject, shortest) } };
        }
        figures.histories += 1;
        figures.requests += found.length;
        for (const { code = 'accepted' } of found) figures.codes[code] = (figures.codes[code] ?? 0) + 1;
      }
    }
    return figures;
  } finally {
    await subject.close();
  }
}
