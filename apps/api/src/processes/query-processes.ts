import type { ApiProcess } from './fork-process.ts';
import type { Queries } from './messages.ts';

/**
 * Maximum wait for answers, counted from the query. A busy process needs some hundred milliseconds, and a
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
export function queryProcesses<K extends keyof Queries>(
  members: ReadonlySet<Pick<ApiProcess, 'query'>>,
  name: K,
  enough: (answer: Queries[K]) => boolean = () => false,
): Promise<Queries[K][]> {
  return new Promise((resolve) => {
    const answers: Queries[K][] = [];
    let outstanding = members.size;
    let timer: NodeJS.Timeout | undefined;
    const startedAt = performance.now();
    const end = () => {
      clearTimeout(timer);
      resolve([...answers]);
    };
    const receive = (answer: Queries[K] | undefined) => {
      outstanding--;
      if (answer !== undefined) answers.push(answer);
      if (outstanding <= 0 || (answer !== undefined && enough(answer))) return end();
      if (answer === undefined) return;
      timer ??= setTimeout(
        end,
        Math.max(OTHERS_WITHIN_MS, startedAt + ANSWERS_WITHIN_MS - performance.now()),
      );
    };
    if (outstanding === 0) end();
    for (const member of members) void member.query(name).then(receive);
  });
}
