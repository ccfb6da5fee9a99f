/** The first that lets five bulk queries run at once and lists them (`bulkOperations`); an import does both. */
const OLDEST = '2026-01';

/**
 * Shopify names a version by year and quarter. Checked at the start, where the variable can be named: a slip of the pen
 * would else fail each run, in words of Shopify's that say nothing of it.
 * @throws Error saying what a version looks like
 */
export function checkApiVersion(version: string): void {
  if (version === 'unstable') return;
  if (!/^\d{4}-(01|04|07|10)$/.test(version)) {
    throw new Error('must be YYYY-MM with the month 01, 04, 07 or 10, or unstable');
  }
  if (version < OLDEST) throw new Error(`must be ${OLDEST} or later: imports run five bulk queries at once`);
}
