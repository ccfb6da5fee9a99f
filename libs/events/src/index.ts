export type * from './kafka-client.ts';
export * from './consumer/classify.ts';
export * from './consumer/run-consumer.ts';
export * from './dead-letters.ts';
export * from './kafka-env.ts';
export { connectKafka, type KafkaOptions } from './kafkajs/connect.ts';
export { LEASE_MS, startRelay, type Relay, type RelayOptions } from './relay/relay.ts';
export { RELAY_BATCH } from './relay/relay-shard.ts';
export * from './topics.ts';
