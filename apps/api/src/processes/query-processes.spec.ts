import { queryProcesses } from './query-processes.ts';
import type { ApiProcess } from './fork-process.ts';

type Member = Pick<ApiProcess, 'query'>;
const answering = (...failing: string[]) => ({ query: async () => failing }) as unknown as Member;
const unresponsive = { query: () => new Promise(() => undefined) } as Member;
const dead = { query: async () => undefined } as Member;
const query = (...members: Member[]) =>
  queryProcesses(new Set(members), 'failing', (failing) => failing.length === 0);

it.each([
  [
    'the processes up to the first one that is ready',
    [unresponsive, answering('database'), answering()],
    [['database'], []],
  ],
  [
    'the responsive processes, without the unresponsive one',
    [unresponsive, answering('database')],
    [['database']],
  ],
  [
    'all processes, when none is ready',
    [answering('database'), answering('serving')],
    [['database'], ['serving']],
  ],
  ['the live processes', [dead, answering('database')], [['database']]],
  ['no process, when all are dead', [dead, dead], []],
  ['no process, without members', [], []],
])('returns the answers of %s', async (_, members, answers) => {
  expect(await query(...members)).toEqual(answers);
});

describe('the wait for answers', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const answeringAfter = (ms: number, ...failing: string[]) =>
    ({ query: () => new Promise((resolve) => setTimeout(resolve, ms, failing)) }) as unknown as Member;
  const answersAfter = async (ms: number, ...members: Member[]) => {
    let answers: string[][] | undefined;
    void query(...members).then((all) => (answers = all));
    await jest.advanceTimersByTimeAsync(ms);
    return answers;
  };

  it('is long enough for a busy process that serves, beside one that is starting', async () => {
    expect(await answersAfter(600, answering('serving'), answeringAfter(600))).toEqual([['serving'], []]);
  });

  it('ends within the limit of a probe when a process is unresponsive', async () => {
    expect(await answersAfter(749, answering('serving'), unresponsive)).toBeUndefined();
    expect(await answersAfter(750, answering('serving'), unresponsive)).toEqual([['serving']]);
  });

  it('continues for a short time after a late first answer', async () => {
    expect(await answersAfter(950, answeringAfter(750, 'database'), answeringAfter(950))).toEqual([
      ['database'],
      [],
    ]);
    expect(await answersAfter(1_000, answeringAfter(750, 'database'), unresponsive)).toEqual([['database']]);
  });
});
