import type { Actor, AuditEntry } from '@core/db';

export interface OwedAudit {
  actor: Actor;
  entry: AuditEntry;
}

/**
 * At most this many audit rows of one transaction that say the same of a merchant's customers stay single.
 * More would flood the log: a nightly calculation scores each customer, and nobody may ever prune the log.
 */
export const MOST_SINGLE = 20;

/**
 * Replaces single rows that would flood the log by one without a customer; `detail.customers` is their
 * number. Its request is the first one's. Each customer's change is in its event. Rejected: a row that names
 * them all, as for a reply's emails (appendSharedAudit): those have no event, and it costs 90 KiB for a
 * thousand customers.
 */
export function sumAudits(owed: readonly OwedAudit[]): OwedAudit[] {
  const groups = new Map<string, OwedAudit[]>();
  for (const each of owed) {
    const key = JSON.stringify([each.entry.merchantId, each.actor.caller, each.entry.action]);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length <= MOST_SINGLE) return group;
    const { merchantId, action } = first.entry;
    return [{ actor: first.actor, entry: { merchantId, action, detail: { customers: group.length } } }];
  });
}
