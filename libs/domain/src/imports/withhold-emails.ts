import { sql } from 'drizzle-orm';
import { build, customerImportLogs, statement, type Tx } from '@core/db';
import { findLastCompleted } from './last-completed.ts';
import { renewLease, type PageRef } from './lease.ts';
import { isRun, RUN } from './of-run.ts';
import { storeCustomerAccess, type CustomerAccess } from './shops/store-customer-access.ts';

const STORE = statement({
  params: { ...RUN, emailsWithheld: customerImportLogs.emailsWithheld },
  text: (p) => build.update(customerImportLogs).set({ emailsWithheld: p.emailsWithheld }).where(isRun(p)),
});

const READ_ALL = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportLogs)
      .set({ mode: 'full', since: sql`null` })
      .where(isRun(p)),
});

/** A page of a run of this shop. */
type PageOfShop = PageRef & { shop: string };

/**
 * Stores the shop's answer before its run is planned. A delta run becomes a full one if the last completed
 * run had to leave out emails and this one may read them: customers that have not changed since lack theirs.
 * @returns how the run continues
 * @throws Fenced
 */
export async function planAccess(
  tx: Tx,
  { shop, access, since, ...page }: PageOfShop & { access: CustomerAccess | undefined; since: Date | null },
): Promise<{ emailsWithheld: boolean; since: Date | null }> {
  const { merchantId } = page;
  await renewLease(tx, page);
  const emailsWithheld = access === 'no_email';
  await tx.run(STORE, { ...page, emailsWithheld });
  await storeCustomerAccess(tx, { merchantId, shop, access });
  if (emailsWithheld || since === null) return { emailsWithheld, since };
  const last = await findLastCompleted(tx, { merchantId, shop });
  if (!last?.emailsWithheld) return { emailsWithheld, since };
  await tx.run(READ_ALL, page);
  return { emailsWithheld, since: null };
}

/**
 * Records that Shopify has refused the emails of a page: from now on the run reads customers without them.
 * @throws Fenced
 */
export async function withholdEmails(tx: Tx, { shop, ...page }: PageOfShop): Promise<void> {
  await renewLease(tx, page);
  await tx.run(STORE, { ...page, emailsWithheld: true });
  await storeCustomerAccess(tx, { merchantId: page.merchantId, shop, access: 'no_email' });
}
