import { eq, sql } from 'drizzle-orm';
import {
  appInstallations,
  assign,
  bare,
  build,
  insertValues,
  instantOf,
  int8,
  lockExclusive,
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

const ADD = statement({
  params: { ...SHOP_ID, at: instantOf },
  row: { isNew: sql<boolean>`${before.generation} is distinct from ${after.generation}` },
  text({ shopId, at }, row) {
    const { generation, uninstalledAt, unredacted } = appInstallations;
    const recent = sql`array(select t from unnest(${unredacted}) t where t > ${at} - ${REDACTED_WITHIN} and t <> ${at})`;
    return sql`
      ${insertValues(appInstallations, { shopId, generation: sql`2`, uninstalledAt: at, unredacted: sql`array[${at}]` })}
      on conflict (${bare(appInstallations.shopId)}) do update set ${assign(appInstallations, {
        generation: sql`${generation} + case when ${at} = any(${unredacted}) then 0 else 1 end`,
        uninstalledAt: sql`greatest(${uninstalledAt}, ${at})`,
        unredacted: sql`array(select t from unnest(${recent} || ${at}) t order by t)`,
      })}
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
  const [added] = await tx.run(ADD, uninstall);
  return added?.isNew ?? false;
}

/** Shopify sends shop/redact 48 hours after the uninstall; the clocks of its parts may differ. */
const REDACTED_AFTER = sql`interval '47 hours'`;

const TAKE = statement({
  params: { ...SHOP_ID, at: instantOf },
  // The last uninstall ended the generation before the current one.
  row: { generation: sql<number>`${before.generation} - cardinality(${after.unredacted}) - 1` },
  text(p, row) {
    const { shopId, unredacted, redactedAt } = appInstallations;
    const due = sql`(select max(t) from unnest(${unredacted}) t where t <= ${p.at} - ${REDACTED_AFTER})`;
    const later = sql`array(
      select t from unnest(${unredacted}) t where t > coalesce(${due}, ${unredacted}[1]) order by t)`;
    return sql`
      update ${appInstallations} set ${assign(appInstallations, { unredacted: later, redactedAt: p.at })}
       where ${eq(shopId, p.shopId)} and cardinality(${unredacted}) > 0 and ${redactedAt} is distinct from ${p.at}
      returning ${row}`;
  },
});

/**
 * Assigns a shop/redact to the latest uninstall that is old enough for it, once, else to the earliest one. An
 * earlier uninstall gets none any more: Shopify may cancel it when the app is installed again. The caller has
 * locked the installation.
 * @param at when Shopify triggered the webhook: two deliveries of one shop/redact have the same time
 * @returns the generation that it is about; null when it was assigned before; undefined when it is about a
 *   later uninstall than the known ones
 */
export async function takeRedaction(
  tx: Tx,
  redaction: { shopId: string; at: Date },
): Promise<number | null | undefined> {
  const [taken] = await tx.run(TAKE, redaction);
  if (taken) return taken.generation;
  const { generation, uninstalledAt, redactedAt } = await readInstallation(tx, redaction);
  const at = redaction.at.getTime();
  if (redactedAt?.getTime() === at) return null;
  // Another shop/redact has replaced it, or the webhook of an earlier uninstall was lost.
  return uninstalledAt && at - uninstalledAt.getTime() <= REDACTED_BY_MS ? generation - 1 : undefined;
}

/** A shop/redact that is later than this after an uninstall is about another one. */
const REDACTED_BY_MS = 49 * 3_600_000;
