import { deadLetterTopic, eventHeaders, type TopicName } from '@core/contracts';
import { topicSpecs, workerGroup, type TopicSpec } from '@core/events';
import { bodySchemas } from './body-schemas.ts';
import { EVENTS, type EventDoc } from './events.ts';
import { deadLetterHeaderSchema, eventHeaderSchema } from './header-schemas.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/**
 * Returns the AsyncAPI 3.0 document of all topics.
 * @param image proto/baseline.binpb
 */
export function asyncApiDocument(image: Uint8Array): Record<string, unknown> {
  const parts = topicSpecs().map((spec) => partsOf(spec));
  const required = (message: string) =>
    events().find(([, doc]) => doc.message === message)?.[1].required ?? [];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Core service events',
      version: '1.0.0',
      description:
        'Bodies are JSON with snake_case names; readers accept camelCase too and ignore fields that they do not ' +
        'know. The key of every record is the customer_id, so that the events of a customer keep their order. ' +
        'Delivery is at least once: dedupe by ce_id. No event of this service carries personal data.',
    },
    defaultContentType: 'application/json',
    servers: {
      kafka: {
        host: '{broker}',
        protocol: 'kafka',
        variables: { broker: { default: 'localhost:9092', description: 'KAFKA_BROKER' } },
      },
    },
    channels: Object.fromEntries(parts.map(({ id, channel }) => [id, channel])),
    operations: Object.fromEntries(parts.map(({ operationId, operation }) => [operationId, operation])),
    components: {
      messages: Object.fromEntries(parts.map(({ messageId, message }) => [messageId, message])),
      schemas: bodySchemas(image, required),
    },
  };
}

const events = () => Object.entries(EVENTS) as [TopicName, EventDoc][];

/** Returns the parts of the document for one topic. */
function partsOf(spec: TopicSpec) {
  const found = events().find(([topic]) => topic === spec.name || deadLetterTopic(topic) === spec.name);
  if (!found) throw new Error(`${spec.name}: describe its messages in asyncapi/events.ts`);
  const [topic, doc] = found;
  const dead = topic !== spec.name;
  const short = doc.message.split('.').at(-1) ?? '';
  const messageId = dead ? `${short}DeadLetter` : short;
  const id = messageId[0]?.toLowerCase() + messageId.slice(1);
  const action = dead ? 'send' : doc.action;
  return {
    id,
    messageId,
    operationId: `${action}${messageId}`,
    channel: {
      address: spec.name,
      summary: dead ? `Records of ${topic} that could not be handled.` : doc.summary,
      messages: { [messageId]: { $ref: `#/components/messages/${messageId}` } },
      bindings: { kafka: kafkaTopic(spec) },
    },
    operation: {
      action,
      channel: { $ref: `#/channels/${id}` },
      messages: [{ $ref: `#/channels/${id}/messages/${messageId}` }],
      ...(action === 'receive'
        ? {
            bindings: {
              kafka: { groupId: { type: 'string', const: workerGroup(spec.name) }, bindingVersion: '0.5.0' },
            },
          }
        : {}),
    },
    message: dead ? deadLetterMessage(messageId, topic, doc) : eventMessage(messageId, short, topic, doc),
  };
}

const kafkaTopic = ({ name, partitions, config }: TopicSpec) => ({
  topic: name,
  partitions,
  topicConfiguration: {
    'cleanup.policy': config['cleanup.policy']?.split(','),
    'retention.ms': Number(config['retention.ms']),
  },
  bindingVersion: '0.5.0',
});

const KEY = {
  kafka: {
    key: { type: 'string', description: 'customer_id' },
    bindingVersion: '0.5.0',
  },
};

const eventMessage = (name: string, schema: string, topic: TopicName, doc: EventDoc) => ({
  name,
  title: topic,
  summary: doc.summary,
  contentType: 'application/json',
  headers: eventHeaderSchema(doc),
  payload: { $ref: `#/components/schemas/${schema}` },
  bindings: KEY,
  examples: [
    {
      name,
      headers: {
        ...eventHeaders(topic, String(doc.example['event_id']), String(doc.example['occurred_at'])),
        ...(doc.action === 'receive' ? { ce_source: 'a-producer' } : {}),
        traceparent: TRACE,
      },
      payload: doc.example,
    },
  ],
});

const deadLetterMessage = (name: string, topic: TopicName, { fault }: EventDoc) => ({
  name,
  title: deadLetterTopic(topic),
  summary: `A record of ${topic} that could not be handled, without personal data, with its origin and the reason.`,
  contentType: 'application/json',
  headers: deadLetterHeaderSchema(),
  // No schema: the record may be here because its body does not match the schema.
  payload: { description: "The record's own body; null when it had none or when it was removed." },
  bindings: KEY,
  examples: [
    {
      name,
      headers: {
        dlq_reason: 'invalid',
        dlq_field: fault?.field,
        dlq_rule: fault?.rule,
        dlq_source_topic: topic,
        dlq_partition: '3',
        dlq_offset: '1207',
        dlq_attempts: '1',
      },
      payload: { customer_id: '[removed]' },
    },
  ],
});
