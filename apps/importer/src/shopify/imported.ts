import { shopifyTime, type ImportedCustomer } from '@core/domain';

/** What every source knows of a customer, in the words of the source. */
export interface SourceCustomer {
  gid: string;
  email: string | null;
  orders: string | number;
  amount: string;
  currency: string;
  tags: string[];
  state: string;
  createdAt: string;
  updatedAt: string;
}

/**
 * What is kept of a customer, the same whichever source read it: an import by another source then finds nothing new.
 * No names, phones or addresses: metadata is not encrypted. The vendor's two shapes differ, and become one:
 * - money: "120.3" (GraphQL) and "120.30" (REST) are "120.30": two decimals at least, no zeros beyond them
 * - state: "enabled" (REST) is "ENABLED"
 * - tags: REST joins them by commas; the order means nothing, so they are sorted
 * - times: REST has the shop's offset; all are UTC
 * - locale: only GraphQL has it, so it is left out
 */
const toImportedCustomer = (customer: SourceCustomer): ImportedCustomer => ({
  externalId: customer.gid,
  email: customer.email,
  // In the order of their names: then nothing is sorted to hash them.
  metadata: {
    // A decimal string: money does not survive binary floating point.
    amount_spent: { amount: money(customer.amount), currency: customer.currency },
    created_at: utc(customer.createdAt),
    number_of_orders: Number(customer.orders),
    state: customer.state.toUpperCase(),
    tags: [...new Set(customer.tags.map((tag) => tag.trim()))].filter(Boolean).sort(),
  },
  sourceUpdatedAt: new Date(customer.updatedAt),
});

/**
 * A customer as `read` makes it of the source's words. Where those are not what Shopify promises (no amount, no tags) it
 * alone counts as failed: its page, tried again, would have the same words.
 */
export function orUnreadable(gid: string, read: () => SourceCustomer): ImportedCustomer {
  try {
    return toImportedCustomer(read());
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return {
      externalId: gid,
      email: null,
      metadata: {},
      sourceUpdatedAt: new Date(0),
      fault: 'unreadable_customer',
    };
  }
}

/** The number in gid://shopify/Customer/7. */
export const idOf = (gid: string): number => Number(gid.slice(gid.lastIndexOf('/') + 1));

function money(amount: string): string {
  // Cuts after the last non-zero digit: a regular expression for trailing zeros restarts at each zero.
  const [, whole, decimals = ''] = /^(-?\d+)(?:\.(\d+))?$/.exec(amount) ?? [];
  const [significant = ''] = /^\d*[1-9]/.exec(decimals) ?? [];
  return whole === undefined ? amount : `${whole}.${significant.padEnd(2, '0')}`;
}

function utc(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : shopifyTime(ms);
}
