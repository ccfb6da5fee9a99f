/**
 * The outcome for a customer that a page could not store as it came.
 * - not_stored: nothing of it was written; the data known before is as it was
 * - field_left_out: stored, but for a field; one of the metadata keeps the value that it had before, if any
 * - note: stored with everything; no error
 */
export const ROW_EFFECTS = ['not_stored', 'field_left_out', 'note'] as const;
export type RowEffect = (typeof ROW_EFFECTS)[number];

export interface RowExplanation {
  effect: RowEffect;
  /** One sentence for the merchant, on what happened and what to do. */
  merchant: string;
  /** One sentence for support, on what is stored, and why. */
  support: string;
}

/**
 * Every reason for which a row is logged, and all that is said of it: by the api, in the CSV, by `ops`; a spec compares
 * docs/imports.md. No other place describes one.
 */
export const ROW_REASONS = {
  invalid_external_id: {
    effect: 'not_stored',
    merchant:
      'Shopify gave no usable id of this customer, so the customer was not stored: import again, and report it to support ' +
      'if it comes again.',
    support:
      'The id is missing or is no gid://shopify/Customer/N, and what is logged stands for it: report the shop and the time ' +
      'of the import to Shopify.',
  },
  invalid_metadata: {
    effect: 'not_stored',
    merchant:
      'A tag or another field of this customer has a character that cannot be stored, so the customer was not stored: ' +
      'remove it in the Shopify admin, then import again.',
    support:
      'The metadata breaks the rule of what can be stored, usually by a NUL or half of an emoji that was pasted into a tag, ' +
      'and what was stored of the customer before is as it was.',
  },
  metadata_too_large: {
    effect: 'not_stored',
    merchant:
      'The tags of this customer are longer than can be stored, so the customer was not stored: remove some of them in the ' +
      'Shopify admin, then import again.',
    support:
      'The metadata takes more than 64 KiB as JSON, which is the limit by the api as well, and what was stored of the ' +
      'customer before is as it was.',
  },
  invalid_updated_at: {
    effect: 'not_stored',
    merchant:
      'Shopify gave no readable time of the last change of this customer, so the customer was not stored: save the customer ' +
      'in the Shopify admin, then import again.',
    support:
      'updatedAt is no time, or lies more than a day ahead, so nothing tells whether what was read is newer than what is ' +
      'stored, which is as it was.',
  },
  unreadable_customer: {
    effect: 'not_stored',
    merchant:
      'Shopify gave a field of this customer in another form than it promises, so the customer was not stored: save the ' +
      'customer in the Shopify admin, then import again.',
    support:
      'amountSpent, tags or state is of another type than in the schema, and what was stored of the customer before is as it ' +
      'was.',
  },
  invalid_email: {
    effect: 'field_left_out',
    merchant:
      'The email of this customer in Shopify is no valid address, so the customer was stored without it: correct it in the ' +
      'Shopify admin, then import again.',
    support: 'All other fields are stored, and nobody finds the customer by that email.',
  },
  invalid_number_of_orders: {
    effect: 'field_left_out',
    merchant:
      'Shopify gave a number of orders of this customer that is none, so the customer was stored without it, or with the ' +
      'number from before: import again, and report it to support if it comes again.',
    support:
      'numberOfOrders is no whole number from 0 to 2^53 - 1, and metadata.number_of_orders is as it was before, if it was ' +
      'there.',
  },
  invalid_amount_spent: {
    effect: 'field_left_out',
    merchant:
      'Shopify gave an amount spent of this customer that is none, so the customer was stored without it, or with the ' +
      'amount from before: import again, and report it to support if it comes again.',
    support:
      'amountSpent is no decimal number with a currency, and metadata.amount_spent is as it was before, if it was there.',
  },
  invalid_created_at: {
    effect: 'field_left_out',
    merchant:
      'Shopify gave a time of creation of this customer that is none, so the customer was stored without it, or with the ' +
      'time from before: import again, and report it to support if it comes again.',
    support: 'createdAt is no time, and metadata.created_at is as it was before, if it was there.',
  },
  email_shared: {
    effect: 'note',
    merchant:
      'Another customer has the same email: both are stored with it, and whoever looks for the email finds the other one; ' +
      'if they are one person, merge them in the Shopify admin.',
    support:
      'The email is stored encrypted without its blind index, and gets the index by itself once the other customer gives ' +
      'the email up.',
  },
} as const satisfies Record<string, RowExplanation>;

export type RowReason = keyof typeof ROW_REASONS;

export const isRowReason = (reason: string): reason is RowReason => Object.hasOwn(ROW_REASONS, reason);

/** The explanation of a row that a newer build has logged. */
const UNKNOWN: RowExplanation = {
  effect: 'field_left_out',
  merchant: 'The customer could not be stored as it came: report the reason to support.',
  support: 'This build does not know the reason, which a newer one has logged.',
};

export const explainReason = (reason: string): RowExplanation =>
  isRowReason(reason) ? ROW_REASONS[reason] : UNKNOWN;

/** The reasons of an effect, for statements that count them. */
export const reasonsOf = (effect: RowEffect): RowReason[] =>
  (Object.keys(ROW_REASONS) as RowReason[]).filter((reason) => ROW_REASONS[reason].effect === effect);
