import type { AuditEntry } from '@core/contracts/web';

/** The digest of the customers serves the seal, and says nothing to a person. */
const HIDDEN = 'customers_sha256';

/** Returns the details of an entry as one text, such as `request_id: r-1, kind: redact`. */
export const detailsOf = ({ detail }: Pick<AuditEntry, 'detail'>): string =>
  Object.entries(detail ?? {})
    .filter(([name]) => name !== HIDDEN)
    .map(([name, value]) => `${name}: ${textOf(value)}`)
    .join(', ');

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(textOf).join(' ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
