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
