import type { Actor, AuditEntry } from '@core/db';

export interface OwedAudit {
  actor: Actor;
  entry: AuditEntry;
}

/**
 * So many audit rows of one transaction that say the same of a merchant's customers stay one by one. Beyond it they
 * flood: a nightly calculation scores each customer, and nobody may ever prune the log.
 */
export const MOST_SINGLE = 20;

/**
 * One row for all where one by one they would flood: without a customer, with `detail.customers` for how many it stands.
 * Its request is the first one's. What each customer's change was is in its event. Rejected: a row that names them all,
 * as that of a reply's emails does (appendSharedAudit). It has no event, and costs 90 KiB for a thousand customers.
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
