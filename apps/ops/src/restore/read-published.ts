import { readCustomerId, readMerchantId, Topic } from '@core/contracts';
import type { PublishedVersion } from '@core/domain';
import type { KafkaClient } from '@core/events';

export interface Published {
  versions: PublishedVersion[];
  /** Topics whose records of that time are partly deleted: versions may exist that cannot be read. */
  truncated: string[];
}

const OWN_TOPICS = [Topic.customerCreated, Topic.customerUpdated];

/** Reads the highest version of each customer that was published since a time. */
export async function readPublished(
  kafka: KafkaClient,
  since: Date,
  signal: AbortSignal,
): Promise<Published> {
  const highest = new Map<string, PublishedVersion>();
  const truncated: string[] = [];
  for (const topic of OWN_TOPICS) {
    const from = await kafka.offsetsAt(topic, since);
    if (await isTruncated(kafka, topic, since)) truncated.push(topic);
    for await (const { value } of kafka.read(topic, { from: new Map(from.entries()), signal })) {
      const event = versionOf(value);
      const known = event && highest.get(event.customerId);
      if (event && (!known || known.version < event.version)) highest.set(event.customerId, event);
    }
  }
  return { versions: [...highest.values()], truncated };
}

/**
 * Returns whether records of that time were deleted: no older record remains, and the retention is exceeded.
 */
export async function isTruncated(kafka: KafkaClient, topic: string, since: Date): Promise<boolean> {
  const [all, at] = [await kafka.offsetsAt(topic, new Date(0)), await kafka.offsetsAt(topic, since)];
  const [described] = await kafka.describeTopics([topic], [RETENTION]);
  const retentionMs = Number(described?.config[RETENTION] ?? -1);
  const isPast = retentionMs >= 0 && since.getTime() < Date.now() - retentionMs;
  return isPast && all.some((first, partition) => first > 0n && first === at[partition]);
}

const RETENTION = 'retention.ms';

/** Only our records are on these topics; any other record contains no version. */
function versionOf(value: Buffer | null): PublishedVersion | undefined {
  try {
    const { merchant_id, customer_id, version } = JSON.parse(String(value)) as Record<string, unknown>;
    const [merchantId, customerId] = [readMerchantId(merchant_id), readCustomerId(customer_id)];
    return merchantId && customerId && Number.isInteger(version)
      ? { merchantId, customerId, version: version as number }
      : undefined;
  } catch {
    return undefined;
  }
}
