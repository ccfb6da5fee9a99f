import { stopInTurn } from './stop-in-turn.ts';

/** `endsOn` says what ends it: to be asked, or nothing but force. */
function stoppable(name: string, endsOn: 'stop' | 'kill', events: string[]) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const told = (how: 'stop' | 'kill') => () => {
    events.push(`${how} ${name}`);
    if (how === endsOn) setImmediate(() => (events.push(`${name} gone`), resolve(how)));
  };
  return { exited: promise, stop: told('stop'), kill: told('kill') };
}

it('waits for one before it stops the next', async () => {
  const events: string[] = [];
  await stopInTurn([stoppable('a', 'stop', events), stoppable('b', 'stop', events)], 60_000);
  expect(events).toEqual(['stop a', 'a gone', 'stop b', 'b gone']);
});

it('goes on without who takes too long, and kills it at the end', async () => {
  const events: string[] = [];
  await stopInTurn([stoppable('a', 'kill', events), stoppable('b', 'stop', events)], 100);
  expect(events.slice(0, 3)).toEqual(['stop a', 'stop b', 'b gone']);
  expect(events.at(-1)).toBe('a gone');
});

it('has nothing to do for nobody', () => stopInTurn([], 1_000));
