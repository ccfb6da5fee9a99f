/** A range of a shop's customers; empty: all. Bounds are times in Shopify's format. */
export interface CustomerRange {
  createdFrom?: string;
  /** Exclusive. */
  createdTo?: string;
  updatedFrom?: string;
}

/**
 * Returns a range as a Shopify search query; empty for the whole shop. Dates are quoted, as Shopify's syntax
 * requires.
 * @param created the filter for creation: `customer_date` for customers, `created_at` for customersCount
 */
export function searchOf(range: CustomerRange, created: 'customer_date' | 'created_at'): string {
  const terms = [
    range.createdFrom !== undefined && `${created}:>='${range.createdFrom}'`,
    range.createdTo !== undefined && `${created}:<'${range.createdTo}'`,
    range.updatedFrom !== undefined && `updated_at:>='${range.updatedFrom}'`,
  ];
  return terms.filter(Boolean).join(' ');
}
