import { INBOUND, workerGroup, type KafkaClient } from '@core/events';
import { OpsError } from '../cli/errors.ts';

/**
 * Checks that a consumer group reads one of the topics. The worker's own groups always pass: they may have
 * started a moment ago.
 * @throws OpsError when the group has no committed offset on any of the topics: Kafka treats every unknown
 *   name as a group that starts at the oldest record
 */
export async function assertGroupReads(
  kafka: Pick<KafkaClient, 'groupOffsets'>,
  group: string,
  topics: readonly string[],
): Promise<void> {
  for (const topic of topics) {
    if (group === workerGroup(topic)) return;
    const offsets = await kafka.groupOffsets(group, topic);
    if (offsets.some(({ committed }) => committed !== undefined)) return;
  }
  throw new OpsError(
    `--group: no group ${group} has a committed offset on ${topics.join(', ')}; ` +
      `the worker's groups are ${INBOUND.map(workerGroup).join(', ')}`,
  );
}
