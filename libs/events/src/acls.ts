import { deadLetterTopic, Topic } from '@core/contracts';
import type { Acl } from './kafka-client.ts';
import { INBOUND, WORKER_GROUP } from './worker-groups.ts';

/** The principals under which the broker knows its clients, such as User:core-worker. */
export interface Principals {
  /** The worker, KAFKA_SASL. */
  worker: string;
  /** Operators' commands, except those about ACLs, which need a principal that may change ACLs. */
  ops: string;
  /** RFM Analytics. */
  analytics: string;
  /** The service that requests the erasure of people and shops. */
  privacy: string;
}

export const PRINCIPALS: Principals = {
  worker: 'User:core-worker',
  ops: 'User:core-ops',
  analytics: 'User:rfm-analytics',
  privacy: 'User:privacy',
};

const OUTBOUND = [Topic.customerCreated, Topic.customerUpdated];
const DEAD = INBOUND.map(deadLetterTopic);
const ALL = [...INBOUND, ...OUTBOUND, ...DEAD];

/**
 * The rights that each principal needs, and no others. The broker must refuse everything else:
 * allow.everyone.if.no.acl.found=false. READ and WRITE include DESCRIBE.
 */
export function aclsOf({ worker, ops, analytics, privacy }: Principals): Acl[] {
  const may = (principal: string, operation: Acl['operation'], topics: readonly string[]): Acl[] =>
    topics.map((name) => ({ principal, resource: 'topic', name, pattern: 'literal', operation }));
  const inGroup = (
    principal: string,
    operation: Acl['operation'],
    name: string,
    pattern: Acl['pattern'],
  ): Acl => ({ principal, resource: 'group', name, pattern, operation });
  return [
    ...may(worker, 'read', INBOUND),
    ...may(worker, 'write', [...OUTBOUND, ...DEAD]),
    inGroup(worker, 'read', WORKER_GROUP, 'prefixed'),
    // the replication of the topics, reported at the worker's start
    ...may(worker, 'describe_configs', ALL),
    // topics
    ...may(ops, 'create', ALL),
    ...may(ops, 'describe', ALL),
    ...may(ops, 'describe_configs', ALL),
    // dlq: reads with random group names, produces records again, and inspects unreadable ones
    ...may(ops, 'read', [...INBOUND, ...DEAD]),
    ...may(ops, 'write', INBOUND),
    inGroup(ops, 'read', 'read.', 'prefixed'),
    // consumer lag
    inGroup(ops, 'describe', WORKER_GROUP, 'prefixed'),
    ...may(analytics, 'read', OUTBOUND),
    ...may(analytics, 'write', [Topic.rfmUpdated]),
    inGroup(analytics, 'read', 'rfm-analytics', 'prefixed'),
    ...may(privacy, 'write', [Topic.gdprRequestCreated]),
  ];
}

/**
 * Returns the ACLs by which other principals may write to an inbound topic: each of these can forge its
 * records.
 */
export const unneededWriteAcls = (present: readonly Acl[], wanted: readonly Acl[]): Acl[] => {
  const needed = new Set(wanted.map(keyOf));
  return present.filter(
    (acl) =>
      acl.resource === 'topic' &&
      ['write', 'all'].includes(acl.operation) &&
      INBOUND.some((topic) => covers(acl, topic)) &&
      !needed.has(keyOf(acl)),
  );
};

const covers = ({ name, pattern }: Acl, topic: string): boolean =>
  pattern === 'prefixed' ? topic.startsWith(name) : name === topic || name === '*';

/** The key by which two ACLs are compared. */
export const keyOf = ({ principal, resource, name, pattern, operation }: Acl): string =>
  [principal, resource, name, pattern, operation].join('|');
