import { createLogger } from '@core/runtime';
import { waitUntil } from '@core/testing';
import type { ReadNode } from '../src/read-node.ts';
import { watchNodes, type NodeWatch, type NodeWithProbe } from '../src/watch-nodes.ts';

/** A node whose position the spec sets. */
function standing(kind: ReadNode['kind'], token: string): NodeWithProbe & { at(token: string): void } {
  let position = token;
  const node = {
    name: kind,
    kind,
    load: 0,
    run: async () => [{ token: position }],
    abandon: () => undefined,
  } as unknown as ReadNode;
  return { node, probe: node, at: (next) => void (position = next) };
}

let watch: NodeWatch | undefined;
afterEach(() => watch?.stop());

it('uses no replica that follows a former primary, however far its position is', async () => {
  const primary = standing('primary', 'A:1:0/5000000');
  const [promoted, left] = [standing('replica', 'A:1:0/5000000'), standing('replica', 'A:1:0/5000000')];
  const log = createLogger('watch', 'silent');
  watch = await watchNodes({ primary, replicas: [promoted, left], maxLagMs: 500, log });
  const usable = () => watch?.replicas.map((replica) => replica.usable).join();
  const until = (wanted: string) => waitUntil(() => usable() === wanted, { what: `usable: ${wanted}` });
  await until('true,true');

  promoted.at('A:2:0/5000100');
  primary.at('A:2:0/5000100');
  await until('true,false');
  left.at('A:1:0/9000000'); // the former primary runs again, and continues to write
  primary.at('A:1:0/9000000'); // it answers at the address of the primary
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // several polls
  expect(usable()).toBe('true,false');

  primary.at('A:2:0/5000200');
  left.at('A:2:0/5000200'); // it follows the new primary now
  await until('true,true');
});

it('uses no replica of another cluster, even at the position of the primary', async () => {
  const primary = standing('primary', 'A:1:0/5000000');
  const [own, other] = [standing('replica', 'A:1:0/5000000'), standing('replica', 'B:1:0/5000000')];
  watch = await watchNodes({
    primary,
    replicas: [own, other],
    maxLagMs: 500,
    log: createLogger('watch', 'silent'),
  });
  const usable = () => watch?.replicas.map((replica) => replica.usable).join();
  await waitUntil(() => usable() === 'true,false', {
    what: 'the replica of the other cluster to be excluded',
  });
  // The address of the primary belongs to another cluster now, as after a restore: positions start again.
  primary.at('B:1:0/5000000');
  await waitUntil(() => usable() === 'false,true', { what: 'the replica of the primary to be used' });
});
