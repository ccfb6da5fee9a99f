import { invalid } from '@core/runtime';
import type { JsonFields } from '../json-fields.ts';
import { readOne, type Inbound } from './fields.ts';

const KINDS = ['redact', 'data_request', 'shop_redact'] as const;
export type GdprKind = (typeof KINDS)[number];

const LONGEST = 64;

/**
 * Returns the kind of the request. Accepts the spellings of other systems: Shopify's topics
 * (customers/redact), enums (PRIVACY_REQUEST_KIND_REDACT) and camelCase. It never guesses at a word, because
 * an erasure cannot be undone.
 * @throws CoreError invalid_argument for any other word
 */
export function readKind(body: JsonFields): GdprKind {
  const kind = readOne(body, 'kind', kindOf);
  if (kind) return kind;
  // Shopify's bodies do not contain a kind. A body with a field that only a data_request has must not erase.
  const asksForData = ['data_request', 'orders_requested'].some((name) => body.given(name).length > 0);
  return asksForData ? 'data_request' : 'redact';
}

function kindOf(field: string, value: Inbound): GdprKind | '' {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return '';
  const word = typeof value === 'string' && value.length <= LONGEST ? wordOf(value) : '';
  const kind = KINDS.find((one) => one === word);
  if (!kind) throw invalid(field, `must be one of ${KINDS.join(', ')}`);
  return kind;
}

const wordOf = (text: string): string =>
  text
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z]+/g, '_')
    .replace(/^(?:(?:privacy|gdpr)_)?(?:request_)?(?:kind|type)_/, '')
    .replace(/^customers?_/, '');
