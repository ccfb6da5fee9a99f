/** Kafka topic names; the key of every record is the customer_id. */
export const Topic = {
  customerCreated: 'customer.created',
  customerUpdated: 'customer.updated',
  rfmUpdated: 'rfm.updated',
  gdprRequestCreated: 'gdpr_request.created',
} as const;

export type TopicName = (typeof Topic)[keyof typeof Topic];

/** The topic of a customer's change: its first version is a creation. */
export const customerTopic = (version: number): TopicName =>
  version === 1 ? Topic.customerCreated : Topic.customerUpdated;

/** Where records of `topic` go that cannot be handled. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** Partitions of every topic; keys keep their order only while this number stands. */
export const TOPIC_PARTITIONS = 6;

/** Every topic the service needs, dead letters included. */
export const allTopics = (): string[] => [
  ...Object.values(Topic),
  ...[Topic.rfmUpdated, Topic.gdprRequestCreated].map(deadLetterTopic),
];
