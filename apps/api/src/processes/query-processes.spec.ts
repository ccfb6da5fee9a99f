import { queryProcesses } from './query-processes.ts';
import type { ApiProcess } from './fork-process.ts';

type Member = Pick<ApiProcess, 'ask'>;
const says = (...failing: string[]) => ({ ask: async () => failing }) as unknown as Member;
const silent = { ask: () => new Promise(() => undefined) } as Member;
const dead = { ask: async () => undefined } as Member;
const ask = (...members: Member[]) =>
  queryProcesses(new Set(members), 'failing', (failing) => failing.length === 0);

it.each([
  ['the processes up to the first one that is ready', [silent, says('database'), says()], [['database'], []]],
  ['the responsive processes, without the unresponsive one', [silent, says('database')], [['database']]],
  ['all processes, when none is ready', [says('database'), says('serving')], [['database'], ['serving']]],
  ['the live processes', [dead, says('database')], [['database']]],
  ['no process, when all are dead', [dead, dead], []],
  ['no process, without members', [], []],
])('returns the answers of %s', async (_, members, answers) => {
  expect(await ask(...members)).toEqual(answers);
});

describe('the wait for answers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const after = (ms: number, ...failing: string[]) =>
    ({ ask: () => new Promise((resolve) => setTimeout(resolve, ms, failing)) }) as unknown as Member;
  const heard = async (ms: number, ...members: Member[]) => {
    let answers: string[][] | undefined;
    void ask(...members).then((all) => (answers = all));
    await jest.advanceTimersByTimeAsync(ms);
    return answers;
  };

  it('is long enough for a busy process that serves, beside one that is starting', async () => {
    expect(await heard(600, says('serving'), after(600))).toEqual([['serving'], []]);
  });

  it('ends within the limit of a probe when a process is unresponsive', async () => {
    expect(await heard(749, says('serving'), silent)).toBeUndefined();
    expect(await heard(750, says('serving'), silent)).toEqual([['serving']]);
  });

  it('continues for a short time after a late first answer', async () => {
    expect(await heard(950, after(750, 'database'), after(950))).toEqual([['database'], []]);
    expect(await heard(1_000, after(750, 'database'), silent)).toEqual([['database']]);
  });
});
