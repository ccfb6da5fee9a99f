import { sql, type SQL } from 'drizzle-orm';
import {
  assign,
  columns,
  customerImportLogs,
  nullable,
  instantOf,
  many,
  relation,
  shopifyConnections,
  statement,
  text,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

/** A shop whose work is due. No other importer claims it before `leasedUntil`. */
export interface DueShop extends ShopConnection {
  /** When it was due; null: it never was before. */
  dueAt: Date | null;
  /** The access scopes of the token; null: not known. */
  scopes: string[] | null;
  leasedUntil: Date;
}

/** An importer must finish a shop in this time; after it, another one claims the shop. */
export const SHOP_LEASE_MS = 5 * 60_000;

/** In milliseconds, like the times of JavaScript, with which it is compared later. */
const LEASE_END = sql`date_trunc('milliseconds', now()) + ${sql.raw(String(SHOP_LEASE_MS))} * interval '1 millisecond'`;

const { merchantId, shop, scopes, webhooksDueAt, reconcileDueAt } = shopifyConnections;

/** @param unless a condition under which no shop is claimed */
const claim = (key: 'webhooksDueAt' | 'reconcileDueAt', unless?: SQL) =>
  statement({
    crosses: 'queues',
    row: {
      merchantId,
      shop,
      scopes,
      dueAt: relation('first', { dueAt: sql<Date | null>`` }).dueAt,
      leasedUntil: sql<Date>`${shopifyConnections[key]}`,
    },
    text(_, row) {
      const due = shopifyConnections[key];
      const firstRow = { merchantId, shop, dueAt: due };
      const first = relation('first', firstRow);
      return sql`
        with ${first} as materialized (
          select ${columns(firstRow)} from ${shopifyConnections}
           where (${due} is null or ${due} <= now()) ${unless ? sql`and not ${unless}` : sql``}
           order by ${due} nulls first limit 1 for update skip locked)
        update ${shopifyConnections} set ${assign(shopifyConnections, { [key]: LEASE_END })}
          from ${first}
         where ${merchantId} = ${first.merchantId} and ${shop} = ${first.shop}
        returning ${row}`;
    },
  });

const CLAIM_WEBHOOKS = claim('webhooksDueAt');

const CLAIM_RECONCILIATION = claim(
  'reconcileDueAt',
  sql`exists (select from ${customerImportLogs} where ${customerImportLogs.status} = 'pending')`,
);

/**
 * Claims the connected shop whose webhooks have waited longest for their check. Any number of importers
 * claim: each gets another shop, and a shop whose importer was killed returns when its lease ends. Rejected:
 * a lock until the check has ended, which keeps a transaction open across requests to the shop.
 */
export const claimWebhookCheck = async (tx: Tx): Promise<DueShop | undefined> =>
  (await tx.run(CLAIM_WEBHOOKS))[0];

/**
 * Claims the connected shop whose reconciliation has waited longest. None while any import waits for its
 * start: after an outage, thousands of reconciliations would otherwise be started before the imports that a
 * merchant asks for.
 */
export const claimReconciliation = async (tx: Tx): Promise<DueShop | undefined> =>
  (await tx.run(CLAIM_RECONCILIATION))[0];

const FINISH_WEBHOOKS = statement({
  params: { ...SHOP, leasedUntil: instantOf, at: instantOf, problems: nullable(many(text)) },
  text: ({ leasedUntil, at, problems, ...p }) => sql`
    update ${shopifyConnections}
       set ${assign(shopifyConnections, {
         webhooksDueAt: at,
         webhookProblems: sql`coalesce(${problems}::varchar[], ${shopifyConnections.webhookProblems})`,
       })}
     where ${ofShop(shopifyConnections, p)} and ${webhooksDueAt} = ${leasedUntil}`,
});

/**
 * Stores the result of a check, and when the next one is due. A connection that was renewed during the check
 * is checked again at once, and stays so.
 * @param problems see webhookProblems; undefined when the check has failed: the former ones stay
 */
export async function finishWebhookCheck(
  tx: Tx,
  { merchantId, shop, leasedUntil }: DueShop,
  { at, problems }: { at: Date; problems?: readonly string[] },
): Promise<void> {
  await tx.run(FINISH_WEBHOOKS, { merchantId, shop, leasedUntil, at, problems });
}

const PLAN_RECONCILIATION = statement({
  params: { ...SHOP, leasedUntil: instantOf, at: instantOf },
  text: ({ leasedUntil, at, ...p }) => sql`
    update ${shopifyConnections} set ${assign(shopifyConnections, { reconcileDueAt: at })}
     where ${ofShop(shopifyConnections, p)} and ${reconcileDueAt} = ${leasedUntil}`,
});

/** Stores when the next reconciliation of a claimed shop is due. */
export async function planReconciliation(
  tx: Tx,
  { merchantId, shop, leasedUntil }: DueShop,
  at: Date,
): Promise<void> {
  await tx.run(PLAN_RECONCILIATION, { merchantId, shop, leasedUntil, at });
}
