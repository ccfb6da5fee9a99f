import { eq, sql } from 'drizzle-orm';
import {
  appInstallations,
  assign,
  bare,
  build,
  columns,
  insertValues,
  instantOf,
  int8,
  lockExclusive,
  ONE,
  relation,
  statement,
  type Tx,
} from '@core/db';

// The history of the app in a shop: see appInstallations. Shopify delivers webhooks late and in any order, so
// each one is assigned to the installation that it is about. Each uninstall is followed by one shop/redact.

const SHOP_ID = { shopId: int8 };

/**
 * Orders all commands about the installation of the app in one shop until the transaction ends. Acquired
 * before any row of the shop: an uninstall and a new connection would otherwise not see each other.
 */
export const lockInstallation = (tx: Tx, { shopId }: { shopId: string }): Promise<void> =>
  lockExclusive(tx, `installation|${shopId}`);

export interface AppInstallation {
  /** 1 for a shop in which the app was never uninstalled. */
  generation: number;
  /** The latest uninstall, by Shopify's clock. */
  uninstalledAt: Date | null;
  /** The latest shop/redact that was assigned to an uninstall. */
  redactedAt: Date | null;
}

const READ = statement({
  params: SHOP_ID,
  row: {
    generation: appInstallations.generation,
    uninstalledAt: appInstallations.uninstalledAt,
    redactedAt: appInstallations.redactedAt,
  },
  text: (p, row) => build.select(row).from(appInstallations).where(eq(appInstallations.shopId, p.shopId)),
});

/** Returns the current installation. The caller has locked it. */
export async function readInstallation(tx: Tx, { shopId }: { shopId: string }): Promise<AppInstallation> {
  const [found] = await tx.run(READ, { shopId });
  return found ?? { generation: 1, uninstalledAt: null, redactedAt: null };
}

/** The Date header of HTTP, from which a proof has its time, counts in seconds. */
const PROOF_PRECISION_MS = 1_000;

/**
 * Whether a proof is later than an uninstall. Within the same second it counts as earlier: a dead token that
 * is kept harms more than a merchant who has to install the app once more.
 */
export const isLater = (provenAt: Date, uninstalledAt: Date): boolean =>
  Math.floor(provenAt.getTime() / PROOF_PRECISION_MS) >
  Math.floor(uninstalledAt.getTime() / PROOF_PRECISION_MS);

/**
 * An uninstall without a shop/redact after this time gets none any more: Shopify sends it after 48 hours, and
 * may cancel it when the app is installed again.
 */
const REDACTED_WITHIN = sql`interval '30 days'`;

const COUNTED = { generation: appInstallations.generation, unredacted: appInstallations.unredacted };
/** The row before and after a statement, as RETURNING names them. */
const [before, after] = [relation('old', COUNTED), relation('new', COUNTED)];

/**
 * The maximum number of uninstalls that wait for their shop/redact. Anyone who owns a shop can install and
 * uninstall the app all day, and each uninstall rewrites the row. A shop/redact of an earlier one counts as
 * that of a lost uninstall.
 */
const MAX_UNREDACTED = 100;

const ADD = statement({
  params: { ...SHOP_ID, at: instantOf },
  row: ONE,
  text({ shopId, at }, row) {
    const { generation, uninstalledAt, unredacted, settledUntil } = appInstallations;
    const isKnown = sql`(${at} = any(${unredacted}) or ${at} <= coalesce(${settledUntil}, '-infinity'))`;
    const all = sql`(select t, row_number() over (order by t desc) n from unnest(${unredacted} || ${at}) t)`;
    const isWaiting = sql`n <= ${sql.raw(String(MAX_UNREDACTED))} and t > ${at} - ${REDACTED_WITHIN}`;
    return sql`
      ${insertValues(appInstallations, { shopId, generation: sql`2`, uninstalledAt: at, unredacted: sql`array[${at}]` })}
      on conflict (${bare(appInstallations.shopId)}) do update set ${assign(appInstallations, {
        generation: sql`${generation} + 1`,
        uninstalledAt: sql`greatest(${uninstalledAt}, ${at})`,
        unredacted: sql`array(select t from ${all} each where ${isWaiting} order by t)`,
        settledUntil: sql`greatest(${settledUntil}, (select max(t) from ${all} each where not (${isWaiting})))`,
      })} where not ${isKnown}
      returning ${row}`;
  },
});

export interface Uninstall {
  shopId: string;
  /** When Shopify triggered the webhook: two deliveries of one uninstall have the same time. */
  at: Date;
}

/**
 * Records an uninstall once. The caller has locked the installation.
 * @returns false when it is already recorded
 */
export async function addUninstall(tx: Tx, uninstall: Uninstall): Promise<boolean> {
  return (await tx.run(ADD, uninstall)).length > 0;
}

/**
 * Shopify sends shop/redact 48 hours after the uninstall; the clocks of its parts may differ. A shorter time
 * than an hour, in which an app can be installed and uninstalled again.
 * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance (shop/redact)
 */
const REDACTED_AT = sql`interval '48 hours'`;
const CLOCKS_DIFFER_BY = sql`interval '10 minutes'`;
export const REDACTED_AFTER = sql`(${REDACTED_AT} - ${CLOCKS_DIFFER_BY})`;

/** The uninstall to which a shop/redact is assigned. */
const NEAREST = relation('nearest', { at: sql<Date>``, isExact: sql<boolean>`` });

const TAKE = statement({
  params: { ...SHOP_ID, at: instantOf },
  row: {
    // The last uninstall ended the generation before the current one.
    generation: sql<number>`${before.generation} - cardinality(${after.unredacted}) - 1`,
    isExact: NEAREST.isExact,
  },
  text(p, row) {
    const { shopId, unredacted, redactedAt, settledUntil } = appInstallations;
    const { at } = NEAREST;
    const distance = sql`abs(extract(epoch from ${p.at} - ${REDACTED_AT} - t))`;
    const chosen = { at: sql`t`, isExact: sql`${distance} <= extract(epoch from ${CLOCKS_DIFFER_BY})` };
    return sql`
      update ${appInstallations} set ${assign(appInstallations, {
        unredacted: sql`array(select t from unnest(${unredacted}) t where t > ${at} order by t)`,
        redactedAt: p.at,
        settledUntil: sql`greatest(${settledUntil}, ${at})`,
      })}
        from (select ${columns(chosen)} from ${appInstallations}, unnest(${unredacted}) t
               where ${eq(shopId, p.shopId)} and t <= ${p.at} - ${REDACTED_AFTER}
               order by ${distance} limit 1) ${NEAREST}
       where ${eq(shopId, p.shopId)} and ${redactedAt} is distinct from ${p.at}
      returning ${row}`;
  },
});

/** The installation of the app that a shop/redact is about. */
export interface RedactedGeneration {
  /** Absent: its uninstall is not known, because the webhook was lost. */
  generation?: number;
  /**
   * The time is that of the uninstall and 48 hours. Otherwise Shopify has sent it late, or it is about
   * another uninstall, whose webhook was lost.
   */
  isExact: boolean;
}

/**
 * Assigns a shop/redact to the recorded uninstall that is nearest to 48 hours before it, once, among those
 * that are old enough. An earlier uninstall gets none any more: Shopify may cancel it when the app is
 * installed again. Rejected: the latest that is old enough. After two uninstalls within ten minutes, the
 * first shop/redact would take the second uninstall, and erase its data early; the other one would take none.
 * The caller has locked the installation.
 * @param at when Shopify triggered the webhook: two deliveries of one shop/redact have the same time
 * @returns null when it was assigned before
 */
export async function takeRedaction(
  tx: Tx,
  redaction: { shopId: string; at: Date },
): Promise<RedactedGeneration | null> {
  const [taken] = await tx.run(TAKE, redaction);
  if (taken) return taken;
  const { redactedAt } = await readInstallation(tx, redaction);
  return redactedAt?.getTime() === redaction.at.getTime() ? null : { isExact: false };
}
