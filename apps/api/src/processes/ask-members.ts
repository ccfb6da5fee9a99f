import type { ApiProcess } from './fork-process.ts';
import type { Answers } from './messages.ts';

/**
 * Answers are awaited for so long, counted from the question: a busy process needs some hundred milliseconds, and one that
 * starts says at once that it is not ready. One that is frozen or dead does not answer at all, and must not delay a probe,
 * whose usual limit is 1 s.
 */
const ANSWERS_WITHIN_MS = 750;
/** The least time that the others have after the first answer, which comes late when all wait for a database that hangs. */
const OTHERS_WITHIN_MS = 250;

/**
 * Asks all processes at once and does not wait for one that stays silent. Rejected: a fixed limit for each,
 * because a database that hangs delays the answers of all processes alike, and none would be heard.
 * @param enough says that no other answer is needed
 * @returns the answers, without those of silent processes
 */
export function askMembers<K extends keyof Answers>(
  members: ReadonlySet<Pick<ApiProcess, 'ask'>>,
  what: K,
  enough: (answer: Answers[K]) => boolean = () => false,
): Promise<Answers[K][]> {
  return new Promise((resolve) => {
    const answers: Answers[K][] = [];
    let awaited = members.size;
    let timer: NodeJS.Timeout | undefined;
    const asked = performance.now();
    const end = () => {
      clearTimeout(timer);
      resolve([...answers]);
    };
    const hear = (answer: Answers[K] | undefined) => {
      awaited--;
      if (answer !== undefined) answers.push(answer);
      if (awaited <= 0 || (answer !== undefined && enough(answer))) return end();
      if (answer === undefined) return;
      timer ??= setTimeout(end, Math.max(OTHERS_WITHIN_MS, asked + ANSWERS_WITHIN_MS - performance.now()));
    };
    if (awaited === 0) end();
    for (const member of members) void member.ask(what).then(hear);
  });
}
