import type { ApiProcess } from './fork-process.ts';
import type { Answers } from './messages.ts';

/**
 * The time that the other processes have after the first answer: an idle one needs a millisecond. One that is
 * frozen, starting or dead does not answer at all, and must not delay a probe, whose usual limit is 1 s.
 */
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
    const end = () => {
      clearTimeout(timer);
      resolve([...answers]);
    };
    const hear = (answer: Answers[K] | undefined) => {
      awaited--;
      if (answer !== undefined) answers.push(answer);
      if (awaited <= 0 || (answer !== undefined && enough(answer))) return end();
      if (answer !== undefined) timer ??= setTimeout(end, OTHERS_WITHIN_MS);
    };
    if (awaited === 0) end();
    for (const member of members) void member.ask(what).then(hear);
  });
}
