import type { KafkaClient } from '../kafka-client.ts';

/**
 * Copies the offsets of a topic's former group to its own group, so that it continues there. This happens
 * once, before the first member joins: a group that has committed anything is left unchanged.
 * @throws while no broker answers, or when another process does the same at this moment
 */
export async function adoptOffsets(
  client: Pick<KafkaClient, 'groupOffsets' | 'setGroupOffsets'>,
  topic: string,
  { from, to }: { from: string; to: string },
): Promise<void> {
  if (from === to) return;
  const own = await client.groupOffsets(to, topic);
  if (own.some(({ committed }) => committed !== undefined)) return;
  const former = await client.groupOffsets(from, topic);
  if (former.every(({ committed }) => committed === undefined)) return;
  await client.setGroupOffsets(
    to,
    topic,
    former.map(({ committed, first }) => committed ?? first),
  );
}
