/**
 * The outcome for a customer that a page could not store as received.
 * - not_stored: nothing was written; the data stored earlier is unchanged
 * - field_left_out: stored except for a field; a field of the metadata keeps its earlier value, if any
 * - note: stored completely; not an error
 */
export const ROW_EFFECTS = ['not_stored', 'field_left_out', 'note'] as const;
export type RowEffect = (typeof ROW_EFFECTS)[number];

export interface RowExplanation {
  effect: RowEffect;
  /** One sentence for the merchant: what happened and what to do. */
  merchant: string;
  /** One sentence for support: what is stored, and why. */
  support: string;
}

/**
 * Every reason for which a row is logged, with its only description. The api, the CSV and `ops` show these
 * texts; a spec compares docs/imports.md.
 */
export const ROW_REASONS = {
  invalid_external_id: {
    effect: 'not_stored',
    merchant:
      'Shopify provided no usable id for this customer, so the customer was not stored: import again, ' +
      'and report it to support if it happens again.',
    support:
      'The id is missing or is not of the form gid://shopify/Customer/N, and the logged id is only a ' +
      'placeholder for it: report the shop and the time of the import to Shopify.',
  },
  invalid_metadata: {
    effect: 'not_stored',
    merchant:
      'A tag or another field of this customer contains a character that cannot be stored, so the ' +
      'customer was not stored: remove it in the Shopify admin, then import again.',
    support:
      'The metadata contains text that cannot be stored, usually a NUL or half of an emoji that was ' +
      'pasted into a tag, and the data stored earlier for the customer is unchanged.',
  },
  metadata_too_large: {
    effect: 'not_stored',
    merchant:
      'The tags of this customer are longer than can be stored, so the customer was not stored: remove ' +
      'some of them in the Shopify admin, then import again.',
    support:
      'The metadata exceeds 64 KiB as JSON, which is also the limit of the api, and the data stored ' +
      'earlier for the customer is unchanged.',
  },
  invalid_updated_at: {
    effect: 'not_stored',
    merchant:
      'Shopify provided no readable time of the last change of this customer, so the customer was not ' +
      'stored: save the customer in the Shopify admin, then import again.',
    support:
      'updatedAt is not a time, or is more than a day ahead, so it is unknown whether the data read is ' +
      'newer than the stored data, which is unchanged.',
  },
  unreadable_customer: {
    effect: 'not_stored',
    merchant:
      'Shopify provided a field of this customer in an unexpected form, so the customer was not stored: ' +
      'save the customer in the Shopify admin, then import again.',
    support:
      'amountSpent, tags or state has another type than in the schema, and the data stored earlier for ' +
      'the customer is unchanged.',
  },
  invalid_email: {
    effect: 'field_left_out',
    merchant:
      'The email of this customer in Shopify is not a valid address, so the customer was stored without ' +
      'it: correct it in the Shopify admin, then import again.',
    support: 'All other fields are stored, and no search by that email finds the customer.',
  },
  invalid_number_of_orders: {
    effect: 'field_left_out',
    merchant:
      'Shopify provided an invalid number of orders for this customer, so the customer was stored ' +
      'without it, or with the earlier number: import again, and report it to support if it happens ' +
      'again.',
    support:
      'numberOfOrders is not a whole number from 0 to 2^53 - 1, and metadata.number_of_orders keeps its ' +
      'earlier value, if any.',
  },
  invalid_amount_spent: {
    effect: 'field_left_out',
    merchant:
      'Shopify provided an invalid amount spent for this customer, so the customer was stored without ' +
      'it, or with the earlier amount: import again, and report it to support if it happens again.',
    support:
      'amountSpent is not a decimal number with a currency, and metadata.amount_spent keeps its earlier ' +
      'value, if any.',
  },
  invalid_created_at: {
    effect: 'field_left_out',
    merchant:
      'Shopify provided an invalid time of creation for this customer, so the customer was stored ' +
      'without it, or with the earlier time: import again, and report it to support if it happens again.',
    support: 'createdAt is not a time, and metadata.created_at keeps its earlier value, if any.',
  },
  unknown_rfm_group: {
    effect: 'field_left_out',
    merchant:
      'Shopify reported an unknown RFM group for this customer, so the customer was stored without it, ' +
      'or with the earlier group: report it to support, no change in the shop is needed.',
    support:
      'statistics.rfmGroup is not one of the groups of the API versions that this build knows, and the metadata ' +
      'keeps the earlier group, if any.',
  },
  email_shared: {
    effect: 'note',
    merchant:
      'Another customer has the same email: both are stored with it, and a search by that email finds ' +
      'the other one; if they are one person, merge them in the Shopify admin.',
    support:
      'The email is stored encrypted without its blind index, and gets the index automatically once the ' +
      'other customer releases the email.',
  },
} as const satisfies Record<string, RowExplanation>;

export type RowReason = keyof typeof ROW_REASONS;

export const isRowReason = (reason: string): reason is RowReason => Object.hasOwn(ROW_REASONS, reason);

/** The explanation of a reason that a newer build has logged. */
const UNKNOWN: RowExplanation = {
  effect: 'field_left_out',
  merchant: 'The customer could not be stored as received: report the reason to support.',
  support: 'This build does not know the reason, which a newer build has logged.',
};

export const explainReason = (reason: string): RowExplanation =>
  isRowReason(reason) ? ROW_REASONS[reason] : UNKNOWN;

/** The reasons of an effect, for statements that count them. */
export const reasonsOf = (effect: RowEffect): RowReason[] =>
  (Object.keys(ROW_REASONS) as RowReason[]).filter((reason) => ROW_REASONS[reason].effect === effect);
