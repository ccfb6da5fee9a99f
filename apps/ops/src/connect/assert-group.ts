import { INBOUND, workerGroup, type KafkaClient } from '@core/events';
import { OpsError } from '../cli/errors.ts';

/**
 * @throws OpsError for a consumer group that has committed nothing of any of these topics: Kafka takes every name for a
 *   group that begins at the oldest record. The worker's own groups may have begun a moment ago
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
    `--group: no group ${group} has committed anything of ${topics.join(', ')}; ` +
      `the worker's are ${INBOUND.map(workerGroup).join(', ')}`,
  );
}
