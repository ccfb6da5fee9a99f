import { sql, type SQL } from 'drizzle-orm';
import {
  assign,
  bool,
  build,
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

const MAKE_DUE = statement({
  params: SHOP,
  text: (p) =>
    build.update(shopifyConnections).set({ webhooksDueAt: null }).where(ofShop(shopifyConnections, p)),
});

/** Makes a shop due for a check of its webhooks at once: it tells whether the shop accepts its token. */
export async function makeCheckDue(tx: Tx, { merchantId, shop }: ShopConnection): Promise<void> {
  await tx.run(MAKE_DUE, { merchantId, shop });
}

const FINISH_WEBHOOKS = statement({
  params: {
    ...SHOP,
    leasedUntil: instantOf,
    at: instantOf,
    problems: nullable(many(text)),
    answeredAt: nullable(instantOf),
    isRefused: nullable(bool),
  },
  text: ({ leasedUntil, at, problems, answeredAt, isRefused, ...p }) => sql`
    update ${shopifyConnections}
       set ${assign(shopifyConnections, {
         webhooksDueAt: at,
         webhookProblems: sql`coalesce(${problems}::varchar[], ${shopifyConnections.webhookProblems})`,
         answeredAt: sql`coalesce(${answeredAt}, ${shopifyConnections.answeredAt})`,
         isRefused: sql`coalesce(${isRefused}, ${shopifyConnections.isRefused})`,
       })}
     where ${ofShop(shopifyConnections, p)} and ${webhooksDueAt} = ${leasedUntil}`,
});

export interface WebhookCheck {
  due: DueShop;
  /** When the next check is due. */
  at: Date;
  /** See webhookProblems; absent when the check has failed: the former ones stay. */
  problems?: readonly string[] | undefined;
  /** When the shop accepted the token, by Shopify's clock; absent: it did not. */
  answeredAt?: Date | undefined;
  /** Whether the shop has refused the token; absent: it has not answered. */
  isRefused?: boolean | undefined;
}

/**
 * Stores the result of a check, and when the next one is due. A connection that was renewed during the check
 * is checked again at once, and stays so: the answer is about an earlier token.
 */
export async function finishWebhookCheck(
  tx: Tx,
  { due: { merchantId, shop, leasedUntil }, at, problems, answeredAt, isRefused }: WebhookCheck,
): Promise<void> {
  await tx.run(FINISH_WEBHOOKS, { merchantId, shop, leasedUntil, at, problems, answeredAt, isRefused });
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
