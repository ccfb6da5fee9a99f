/**
 * The first version that runs five bulk queries at once and lists them (`bulkOperations`). An import needs
 * both.
 */
const OLDEST = '2026-01';

/**
 * Validates a version, which Shopify names by year and quarter. The check runs at startup, where the error
 * can name the variable. Without it, a typo would fail each run with a message from Shopify that does not
 * mention the version.
 * @throws Error with the expected form of a version
 */
export function checkApiVersion(version: string): void {
  if (version === 'unstable') return;
  if (!/^\d{4}-(01|04|07|10)$/.test(version)) {
    throw new Error('must be YYYY-MM with the month 01, 04, 07 or 10, or unstable');
  }
  if (version < OLDEST) throw new Error(`must be ${OLDEST} or later: imports run five bulk queries at once`);
}
