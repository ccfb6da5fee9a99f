import type { ApiProcess } from './fork-process.ts';
import type { Answers } from './messages.ts';

/**
 * Maximum wait for answers, counted from the question. A busy process needs some hundred milliseconds, and a
 * starting one answers at once that it is not ready. A frozen or dead process does not answer at all and must
 * not delay a probe, whose usual limit is 1 s.
 */
const ANSWERS_WITHIN_MS = 750;
/**
 * Minimum wait for the other answers after the first one, which is late when all processes wait for a
 * database that hangs.
 */
const OTHERS_WITHIN_MS = 250;

/**
 * Queries all processes at once and does not wait for an unresponsive one. Rejected: a fixed limit for each
 * process. A database that hangs delays the answers of all processes alike, and none would be received.
 * @param enough returns true when no other answer is needed
 * @returns the answers of the responsive processes
 */
export function queryProcesses<K extends keyof Answers>(
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
