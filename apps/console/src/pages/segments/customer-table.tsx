import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Customer } from '@core/contracts/web';
import { useEffect, useRef } from 'react';
import { useNow } from '../../format/use-now.ts';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Breakable } from '../../ui/breakable.tsx';
import { useSession } from '../../session/session.ts';
import { useMaySeeEmails } from './use-may-see-emails.ts';
import { shopifyCustomerOf } from './shopify-customer.ts';

interface CustomerTableProps {
  customers: readonly Customer[];
  /** Counted from 1. */
  page: number;
  /** The rows are those of the page before, until the new ones have arrived. */
  old: boolean;
}

/**
 * Customers by their ids, and by their emails for a caller to whom the api discloses them. The roles are
 * written out: the style of a phone takes them from the elements of a table.
 */
export function CustomerTable({ customers, page, old }: CustomerTableProps) {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  const withEmails = useMaySeeEmails();
  const now = useNow();
  const table = useRef<HTMLDivElement>(null);
  const shown = useRef(page);
  // The next page is read from its start, and its button may be gone.
  useEffect(() => {
    if (shown.current !== page && !old) {
      shown.current = page;
      table.current?.focus();
    }
  }, [page, old]);
  return (
    <div
      ref={table}
      role="region"
      aria-label={`${words.count}, ${words.page(number(page))}`}
      aria-busy={old}
      tabIndex={0}
      className="table-scroll"
    >
      <table role="table" className="table customers">
        <thead role="rowgroup">
          <tr role="row">
            {[
              words.customer,
              ...(withEmails ? [words.email] : []),
              words.score,
              words.segment,
              words.shopify,
              words.changed,
            ].map((head) => (
              <th key={head} role="columnheader" scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {customers.map((customer) => (
            <Row key={customer.customerId} of={customer} withEmail={withEmails} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** @param now milliseconds since the epoch */
function Row({ of, withEmail, now }: { of: Customer; withEmail: boolean; now: number }) {
  const { customerId, externalId, email, emailUnreadable, rfmScore, shopifyRfmGroup, updatedAt } = of;
  const { segments: words } = usePageTexts();
  const formats = useFormats();
  const { shops } = useSession();
  const shopify = shopifyCustomerOf(externalId, shops);
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        {shopify?.url ? (
          <a href={shopify.url} target="_blank" rel="noreferrer">
            {shopify.number}
          </a>
        ) : (
          externalId && <span>{shopify?.number ?? externalId}</span>
        )}
        <code className="customer-id">{customerId}</code>
      </th>
      {withEmail && (
        <td role="cell" className="customer-email">
          {emailUnreadable ? words.emailUnreadable : email}
        </td>
      )}
      <td role="cell" className="customer-scores">
        {rfmScore && `${rfmScore.recency} ${rfmScore.frequency} ${rfmScore.monetary}`}
      </td>
      <td role="cell">{rfmScore && <Breakable name={rfmScore.segment} />}</td>
      <td role="cell" data-label={words.shopify}>
        {shopifyRfmGroup && <Breakable name={shopifyRfmGroup} />}
      </td>
      <td role="cell" className="customer-changed">
        {updatedAt && (
          <time dateTime={timestampDate(updatedAt).toISOString()} title={formats.dateTime(updatedAt)}>
            {formats.ago(updatedAt, now)}
          </time>
        )}
      </td>
    </tr>
  );
}
