import { ROW_REASONS } from '@core/domain';
import type { Rows } from '@core/testing';

/**
 * Returns the table of docs/imports.md with the reasons why a customer was not stored exactly as in the shop.
 */
export const rowReasonsTable = (): Rows =>
  Object.entries(ROW_REASONS).map(([reason, { effect, merchant, support }]) => ({
    reason: `\`${reason}\``,
    effect: `\`${effect}\``,
    'what the merchant reads': merchant,
    'what support knows': support,
  }));
