import type { Actor, AuditEntry } from '@core/db';

export interface PendingAudit {
  actor: Actor;
  entry: AuditEntry;
}

/**
 * Up to this many audit rows of one transaction with the same merchant, caller and action stay separate. More
 * would flood the log: a nightly calculation scores each customer, and the log may never be pruned.
 */
export const MAX_SINGLE = 20;

/**
 * Replaces rows that would flood the log with one row without a customer. Its `detail.customers` is their
 * number, and its request is the first one's. The event of each customer records the change. Rejected: a row
 * that names all customers, as for the emails of a reply (appendSharedAudit). Emails need it because they
 * have no event, and it costs 90 KiB for a thousand customers.
 */
export function sumAudits(pending: readonly PendingAudit[]): PendingAudit[] {
  const groups = new Map<string, PendingAudit[]>();
  for (const each of pending) {
    const key = JSON.stringify([each.entry.merchantId, each.actor.caller, each.entry.action]);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length <= MAX_SINGLE) return group;
    const { merchantId, action } = first.entry;
    return [{ actor: first.actor, entry: { merchantId, action, detail: { customers: group.length } } }];
  });
}
