import { askMembers } from './ask-members.ts';
import type { ApiProcess } from './fork-process.ts';

type Member = Pick<ApiProcess, 'ask'>;
const says = (...failing: string[]) => ({ ask: async () => failing }) as unknown as Member;
const silent = { ask: () => new Promise(() => undefined) } as Member;
const dead = { ask: async () => undefined } as Member;
const ask = (...members: Member[]) =>
  askMembers(new Set(members), 'failing', (failing) => failing.length === 0);

it.each([
  ['the first process that misses nothing', [silent, says('database'), says()], [['database'], []]],
  ['those that answer, without the silent one', [silent, says('database')], [['database']]],
  ['all of them, when none misses nothing', [says('database'), says('serving')], [['database'], ['serving']]],
  ['those that live', [dead, says('database')], [['database']]],
  ['nothing, when all are dead', [dead, dead], []],
  ['nothing, without members', [], []],
])('gives the answers of %s', async (_, members, answers) => {
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

  it('lasts for a busy process that serves, beside one that starts', async () => {
    expect(await heard(600, says('serving'), after(600))).toEqual([['serving'], []]);
  });

  it('ends below the limit of a probe when one is silent', async () => {
    expect(await heard(749, says('serving'), silent)).toBeUndefined();
    expect(await heard(750, says('serving'), silent)).toEqual([['serving']]);
  });

  it('gives the others some time after a late first answer', async () => {
    expect(await heard(950, after(750, 'database'), after(950))).toEqual([['database'], []]);
    expect(await heard(1_000, after(750, 'database'), silent)).toEqual([['database']]);
  });
});
