/** Kafka topic names; the key of every record is the customer_id. */
export const Topic = {
  customerCreated: 'customer.created',
  customerUpdated: 'customer.updated',
  rfmUpdated: 'rfm.updated',
  gdprRequestCreated: 'gdpr_request.created',
} as const;

export type TopicName = (typeof Topic)[keyof typeof Topic];

/** Returns the topic for a customer's change: version 1 is the creation. */
export const customerTopic = (version: number): TopicName =>
  version === 1 ? Topic.customerCreated : Topic.customerUpdated;

/** Returns the topic for records of `topic` that cannot be handled. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** The number of partitions of every topic. A change breaks the order of records with the same key. */
export const TOPIC_PARTITIONS = 6;

/** Returns every topic that the service needs, including the dead-letter topics. */
export const allTopics = (): string[] => [
  ...Object.values(Topic),
  ...[Topic.rfmUpdated, Topic.gdprRequestCreated].map(deadLetterTopic),
];
