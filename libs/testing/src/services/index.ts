export * from './all.ts';
export { answersReady } from './answers-ready.ts';
export { claim, claimFolder } from './claim.ts';
export { writeOwnedFile } from './unprivileged.ts';
export {
  externalPostgres,
  openExternalPostgres,
  TEST_POSTGRES,
  type ExternalPostgres,
  type PostgresAddresses,
} from './external-postgres.ts';
export { makeCertificate, type Certificate } from './certificates.ts';
export { launch, whenReady, type Child } from './child.ts';
export { damageBatch, type StoredBatch } from './damage-batch.ts';
export { startFreezingProxy, type FreezingProxy } from './freezing-proxy.ts';
export * from './java-client.ts';
export { fetchKafkaJars } from './kafka-jars.ts';
export type { SecuredListener } from './kafka-secured.ts';
export { kafkaAnswers, startKafka, stopLeftoverKafka, type Kafka, type StartKafka } from './kafka.ts';
export { stopLeftover } from './leftover.ts';
export { fromSources } from './from-sources.ts';
export { freePort, reservePorts, type ReservedPorts } from './ports.ts';
export { startPostgres, stopLeftoverPostgres, type Postgres, type StartPostgres } from './postgres.ts';
export type { Backup, PostgresNode } from './postgres-process.ts';
export { startPgbouncer, type Pgbouncer, type StartPgbouncer } from './pgbouncer.ts';
export * from './proc.ts';
export { redisAnswers, startRedis, stopLeftoverRedis, type Redis, type StartRedis } from './redis.ts';
export { startRedisSentinel, type RedisSentinel, type StartRedisSentinel } from './redis-sentinel.ts';
export { waitUntil } from './wait-until.ts';
export { workspaceRoot } from './workspace.ts';
