import { createLogger } from '@core/runtime';
import { killWhenSilent } from './kill-when-silent.ts';

const log = createLogger('api', 'silent');
const ask = (...answers: (string[] | undefined)[]) => {
  let asked = 0;
  const member = { pid: 1, kill: () => void (killed = true), ask: async () => answers[asked++] as never };
  let killed = false;
  return { member, asked: () => asked, killed: () => killed };
};

it('kills a process that is silent three times in a row, whatever else it lacked before', async () => {
  const { member, asked, killed } = ask(undefined, ['database'], undefined, undefined, []);
  await killWhenSilent(member, { log, until: new AbortController().signal, everyMs: 1 });
  expect(killed()).toBe(true);
  expect(asked()).toBe(8); // beyond the list it is silent
});

it('lets one alone that is stopping', async () => {
  const { member, asked, killed } = ask();
  await killWhenSilent(member, { log, until: AbortSignal.abort(), everyMs: 1 });
  expect([asked(), killed()]).toEqual([0, false]);
});

it('asks on as long as it is answered', async () => {
  const stop = new AbortController();
  let asked = 0;
  const member = {
    pid: 1,
    kill: () => expect('killed').toBe('not'),
    ask: async () => (++asked === 10 && stop.abort(), [] as never),
  };
  await killWhenSilent(member, { log, until: stop.signal, everyMs: 1 });
  expect(asked).toBe(10);
});
