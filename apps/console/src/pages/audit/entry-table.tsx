import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { AuditEntry } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { detailsOf } from './details-of.ts';
import './entry-table.css';

/** The roles are written out: the style of a phone takes them from the elements of a table. */
export function EntryTable({ entries }: { entries: readonly AuditEntry[] }) {
  const { audit } = usePageTexts();
  return (
    <table role="table" className="audit" aria-label={audit.entries}>
      <thead role="rowgroup">
        <tr role="row">
          {[audit.time, audit.actor, audit.action, audit.subject, audit.details].map((name) => (
            <th key={name} role="columnheader" scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <EntryRow key={entry.id} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function EntryRow({ entry }: { entry: AuditEntry }) {
  const { audit } = usePageTexts();
  const formats = useFormats();
  const { occurredAt, actor, action } = entry;
  return (
    <tr role="row">
      <td role="cell" className="audit-time">
        {occurredAt && (
          <time dateTime={timestampDate(occurredAt).toISOString()}>{formats.dateTime(occurredAt)}</time>
        )}
      </td>
      <td role="cell" className="audit-actor">
        {actor}
      </td>
      <td role="cell" className="audit-action">
        {audit.actions[action] ?? action}
      </td>
      <td role="cell" className="audit-subject">
        <Subject entry={entry} />
      </td>
      <td role="cell" className="audit-details">
        {detailsOf(entry)}
      </td>
    </tr>
  );
}

/** The customer that the entry is about, which filters the list, or how many there are. */
function Subject({ entry: { customerId, customerIds } }: { entry: AuditEntry }) {
  const { audit } = usePageTexts();
  const formats = useFormats();
  if (customerId === undefined) {
    return customerIds.length > 0 ? (
      <>{audit.everybody(customerIds.length, formats.number(customerIds.length))}</>
    ) : null;
  }
  return (
    <Link to="/audit" search={{ customer: customerId }}>
      <code>{customerId}</code>
    </Link>
  );
}
