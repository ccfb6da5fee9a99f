export * from './kafka-client.ts';
export * from './acls.ts';
export type { EventContext } from './consumer/apply-batch.ts';
export * from './consumer/classify.ts';
export * from './consumer/run-consumer.ts';
export type * from './consumer/topic-handler.ts';
export * from './dead-letters.ts';
export * from './kafka-env.ts';
export { connectKafka, type KafkaOptions } from './kafkajs/connect.ts';
export { isBacklogged } from './relay/is-backlogged.ts';
export { startListener, type Listener } from './relay/listener.ts';
export {
  readOutboxStatus,
  type OutboxStatus,
  type RefusedSummary,
  type PartitionStatus,
  type ShardStatus,
} from './relay/read-outbox-status.ts';
export { RELAY_LEASE_MS, startRelay, type Relay, type RelayOptions } from './relay/relay.ts';
export { RELAY_BATCH } from './relay/relay-shard.ts';
export * from './replication.ts';
export { signatureOf } from './sign-record.ts';
export * from './signature.ts';
export * from './topics.ts';
export * from './watch-topics.ts';
export * from './worker-groups.ts';
