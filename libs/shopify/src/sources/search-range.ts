/** Which customers of a shop; empty: all. Bounds are times as Shopify writes them. */
export interface CustomerRange {
  createdFrom?: string;
  /** Exclusive. */
  createdTo?: string;
  updatedFrom?: string;
}

/**
 * A range as a search of Shopify's; empty for the whole shop. Dates are quoted, as its syntax asks.
 * @param created the filter by creation: `customer_date` of customers, `created_at` of customersCount
 */
export function searchOf(range: CustomerRange, created: 'customer_date' | 'created_at'): string {
  const terms = [
    range.createdFrom !== undefined && `${created}:>='${range.createdFrom}'`,
    range.createdTo !== undefined && `${created}:<'${range.createdTo}'`,
    range.updatedFrom !== undefined && `updated_at:>='${range.updatedFrom}'`,
  ];
  return terms.filter(Boolean).join(' ');
}
