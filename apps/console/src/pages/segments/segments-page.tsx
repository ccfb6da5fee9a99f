import { useSearch } from '@tanstack/react-router';
import { CustomersView } from './customers-view.tsx';
import { DistributionView } from './distribution-view.tsx';
import { readSelection, selectsCustomers } from './selection.ts';
import './segments-page.css';

/** All segments, or the customers that the address selects. */
export function SegmentsPage() {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const selection = readSelection(search);
  if (!selectsCustomers(selection)) return <DistributionView monetary={selection.monetary} />;
  // Another selection starts at its first page.
  return <CustomersView key={JSON.stringify(selection)} selection={selection} />;
}
