import { gidOf } from '@core/contracts';
import type { ImportedCustomer } from '@core/domain';

const FIRST = 7_000_000_000_000;

/** Returns customers as a source would return them, identical for the same arguments. */
export const sampleCustomers = (count: number, first = FIRST): ImportedCustomer[] =>
  Array.from({ length: count }, (_, n) => ({
    externalId: gidOf(first + n),
    email: `customer-${first - FIRST + n}@example.com`,
    metadata: {
      number_of_orders: n % 40,
      amount_spent: { amount: `${n % 4_000}.50`, currency: 'EUR' },
      tags: n % 3 === 0 ? ['newsletter', 'vip'] : [],
      state: 'ENABLED',
      created_at: new Date(1_700_000_000_000 + n * 1_000).toISOString(),
    },
    sourceUpdatedAt: new Date(1_760_000_000_000 + n * 1_000),
  }));
