// tag: compliance
import { isConnectionLoss } from './connection-loss.ts';
import { createTimelineFence, isSameServer, type ServerIdentity } from './server-identity.ts';

const server = (timeline: number | null, system = 'a'): ServerIdentity => ({
  system,
  started: 'then',
  timeline,
});

/** Returns whether the last of the servers is accepted as the primary. */
const passes = (...seen: ServerIdentity[]): boolean => {
  const fence = createTimelineFence();
  const outcomes = seen.map((each) => {
    try {
      fence.assertPrimary(each);
      return true;
    } catch (error) {
      expect(isConnectionLoss(error)).toBe(true);
      return false;
    }
  });
  return outcomes.at(-1) as boolean;
};

it.each([
  ['the first primary', [server(3)], true],
  ['a standby', [server(null)], false],
  ['a promoted replica', [server(3), server(4)], true],
  ['a former primary', [server(3), server(4), server(3)], false],
  ['a former primary that has followed', [server(3), server(4), server(null), server(5)], true],
  ['the newest one again', [server(4), server(3), server(4)], true],
  ['another cluster, with its own timelines', [server(4), server(1, 'b')], true],
])('accepts or refuses as the primary: %s', (_, seen, passed) => expect(passes(...seen)).toBe(passed));

it('distinguishes a server from itself after a restart or a promotion, and from another cluster', () => {
  expect(isSameServer(server(1), server(1))).toBe(true);
  expect(isSameServer(server(1), server(2))).toBe(false);
  expect(isSameServer(server(1), { ...server(1), started: 'now' })).toBe(false);
  expect(isSameServer(server(1), server(1, 'b'))).toBe(false);
});
