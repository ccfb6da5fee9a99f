import { stopInTurn } from './stop-in-turn.ts';

/** `endsOn` is the signal that ends the process: a stop request, or only a kill. */
function stoppable(name: string, endsOn: 'stop' | 'kill', events: string[]) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const on = (how: 'stop' | 'kill') => () => {
    events.push(`${how} ${name}`);
    if (how === endsOn) setImmediate(() => (events.push(`${name} gone`), resolve(how)));
  };
  return { exited: promise, stop: on('stop'), kill: on('kill') };
}

it('waits for each process to exit before it stops the next', async () => {
  const events: string[] = [];
  await stopInTurn([stoppable('a', 'stop', events), stoppable('b', 'stop', events)], 60_000);
  expect(events).toEqual(['stop a', 'a gone', 'stop b', 'b gone']);
});

it('continues without a process that takes too long, and kills it at the end', async () => {
  const events: string[] = [];
  await stopInTurn([stoppable('a', 'kill', events), stoppable('b', 'stop', events)], 100);
  expect(events.slice(0, 3)).toEqual(['stop a', 'stop b', 'b gone']);
  expect(events.at(-1)).toBe('a gone');
});

it('resolves without any process', () => stopInTurn([], 1_000));
