import { useNavigate } from '@tanstack/react-router';
import type { SyntheticEvent } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Button } from '../../ui/button.tsx';
import { filterOf, isEmpty, searchOf, type AuditFilter } from './audit-filter.ts';
import './filter-form.css';

/** Writes the filter into the address, so that "back" and a bookmark have it. */
export function FilterForm({ filter }: { filter: AuditFilter }) {
  const { audit } = usePageTexts();
  const navigate = useNavigate();
  const show = (next: Partial<AuditFilter>) => void navigate({ to: '/audit', search: next });
  const apply = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    show(searchOf(filterOf(Object.fromEntries(new FormData(event.currentTarget)))));
  };
  const isListed = filter.action === '' || filter.action in audit.actions;
  return (
    <form className="audit-filter" aria-label={audit.filter} onSubmit={apply}>
      <label className="field">
        <span>{audit.actor}</span>
        <input name="actor" defaultValue={filter.actor} autoComplete="off" spellCheck={false} />
      </label>
      <label className="field">
        <span>{audit.action}</span>
        <select name="action" defaultValue={filter.action}>
          <option value="">{audit.everyAction}</option>
          {!isListed && <option>{filter.action}</option>}
          {Object.entries(audit.actions).map(([action, words]) => (
            <option key={action} value={action}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{audit.customer}</span>
        <input name="customer" defaultValue={filter.customer} autoComplete="off" spellCheck={false} />
      </label>
      <label className="field">
        <span>{audit.from}</span>
        <input name="from" type="date" defaultValue={filter.from} />
      </label>
      <label className="field">
        <span>{audit.to}</span>
        <input name="to" type="date" defaultValue={filter.to} />
      </label>
      <div className="audit-filter-actions">
        <Button type="submit">{audit.apply}</Button>
        {!isEmpty(filter) && (
          <Button kind="quiet" onClick={() => show({})}>
            {audit.reset}
          </Button>
        )}
      </div>
    </form>
  );
}
