import { createHmac } from 'node:crypto';
import { gidOf } from '@core/contracts';
import { DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import type { Choices } from '../../requests/choices.ts';
import type { SentWebhook } from './send.ts';
import { varyJson, toText, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { corruptBody } from '../mutate/corrupt-body.ts';

export const TOPICS = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'customers/data_request',
  'customers/redact',
] as const;
export type CustomerTopic = (typeof TOPICS)[number];

/** The customer of a webhook: in a shop, with a number that no other input has. */
export interface Subject {
  shop: string;
  shopId: number;
  /** The number of the customer; the next number is also unused, for the second customer of a merge. */
  number: number;
}

export interface WebhookInput extends Subject, SentWebhook {
  topic: CustomerTopic;
  /**
   * - applied: it contains everything that is needed, whatever the rest contains; a data request is then
   *   pending
   * - refused: with 401, because its signature is wrong
   * - any: any of these outcomes
   */
  expects: 'applied' | 'refused' | 'any';
}

/** Builds a valid webhook as Shopify sends it: a customer is created. */
export function validWebhook(subject: Subject): WebhookInput {
  const topic = 'customers/create';
  const body = Buffer.from(toText(bodyOf(topic, subject)));
  const headers: WebhookInput['headers'] = [
    ['X-Shopify-Hmac-Sha256', sign(body, DEV_CLIENT_SECRET)],
    ['X-Shopify-Topic', topic],
    ['X-Shopify-Shop-Domain', subject.shop],
    ['X-Shopify-Event-Id', `valid-${subject.shop}-${subject.number}`],
    ['Content-Type', 'application/json'],
  ];
  return { ...subject, topic, path: '', headers, body, expects: 'applied' };
}

const sign = (body: Buffer, secret: string): string =>
  createHmac('sha256', secret).update(body).digest('base64');

export function generateWebhook(choices: Choices, subject: Subject): WebhookInput {
  const topic = choices.one(TOPICS);
  const { body, isValid } = makeBody(choices, topic, subject);
  const forged = choices.oneIn(25);
  const signature = sign(body, forged ? 'another secret' : DEV_CLIENT_SECRET);
  const head = makeHead(choices, topic, subject, signature);
  const expects = forged ? 'refused' : isValid && head.isValid ? 'applied' : 'any';
  return { ...subject, topic, path: head.path, headers: head.headers, body, expects };
}

/** Fields of a body that affect no outcome, as long as the other fields are valid. */
const UNUSED_FIELDS: Record<CustomerTopic, string[]> = {
  'customers/create': ['first_name', 'addresses', 'tags', 'created_at', 'email'],
  'customers/update': ['first_name', 'addresses', 'tags', 'created_at', 'email'],
  'customers/delete': ['addresses', 'tax_exemptions'],
  'customers/merge': ['status_text', 'errors'],
  'customers/data_request': ['orders_requested'],
  'customers/redact': ['orders_to_redact'],
};

function makeBody(
  choices: Choices,
  topic: CustomerTopic,
  subject: Subject,
): { body: Buffer; isValid: boolean } {
  const fullBody = bodyOf(topic, subject);
  const roll = choices.below(10);
  if (roll < 2) return { body: varyJson(choices, fullBody), isValid: true };
  if (roll < 5) {
    return { body: varyJson(choices, mutateFields(choices, fullBody, UNUSED_FIELDS[topic])), isValid: true };
  }
  if (roll < 9) return { body: varyJson(choices, mutateFields(choices, fullBody)), isValid: false };
  return { body: corruptBody(choices, toText(fullBody)).bytes ?? Buffer.alloc(0), isValid: false };
}

/** Newer than all stored data, and not so far in the future that it is refused. */
const UPDATED_AT = new Date(Date.now() + 12 * 3_600_000).toISOString();

/** Shopify's sample bodies. Source: shopify.dev/docs/api/webhooks, .../compliance/privacy-law-compliance. */
function bodyOf(topic: CustomerTopic, { shop, shopId, number }: Subject): JsonObject {
  const email = `p${number}@example.com`;
  const ofShop = { shop_id: shopId, shop_domain: shop };
  const customer = { id: number, email, phone: null };
  switch (topic) {
    case 'customers/create':
    case 'customers/update':
      return {
        id: number,
        admin_graphql_api_id: gidOf(number),
        email,
        created_at: '2026-01-02T03:04:05-05:00',
        updated_at: UPDATED_AT,
        first_name: 'Ada',
        state: 'enabled',
        tags: 'vip, early bird',
        addresses: [{ city: 'Berlin', id: 1 }],
      };
    case 'customers/delete':
      return { id: number, admin_graphql_api_id: gidOf(number), addresses: [], tax_exemptions: [] };
    case 'customers/merge':
      return {
        admin_graphql_api_customer_kept_id: gidOf(number),
        admin_graphql_api_customer_deleted_id: gidOf(number + 1),
        status: 'completed',
        status_text: null,
        errors: [],
      };
    case 'customers/data_request':
      return { ...ofShop, customer, orders_requested: [1, 2], data_request: { id: number } };
    case 'customers/redact':
      return { ...ofShop, customer, orders_to_redact: [1, 2] };
  }
}

const isPrivacy = (topic: CustomerTopic) =>
  topic === 'customers/data_request' || topic === 'customers/redact';

function makeHead(
  choices: Choices,
  topic: CustomerTopic,
  { shop, shopId, number }: Subject,
  signature: string,
): Pick<WebhookInput, 'path' | 'headers'> & { isValid: boolean } {
  const prefix = choices.oneIn(4) ? '' : 'X-';
  const headers: [string, string][] = [];
  const add = (name: string, value: string) => headers.push([`${prefix}Shopify-${name}`, value]);
  add('Hmac-Sha256', signature);
  let path = '';
  if (choices.oneIn(6)) path = `/${topic}`;
  else add('Topic', choices.one([topic, topic, topic.toUpperCase(), topic.toUpperCase().replace('/', '_')]));
  if (!(isPrivacy(topic) && choices.oneIn(2)))
    add('Shop-Domain', choices.oneIn(5) ? shop.toUpperCase() : shop);
  if (choices.oneIn(3)) add('Shop-Id', String(shopId));
  if (!choices.oneIn(4)) add('Event-Id', `event-${shop}-${number}`);
  if (!choices.oneIn(4)) add('Webhook-Id', `webhook-${shop}-${number}`);
  if (choices.oneIn(2)) add('API-Version', '2026-10');
  if (!choices.oneIn(5))
    headers.push(['Content-Type', choices.one(['application/json', 'application/json; charset=utf-8'])]);
  if (choices.oneIn(8)) headers.push(choices.one(headers));
  if (!choices.oneIn(6)) return { path, headers: withOneType(headers), isValid: true };
  return { path, headers: withOneType(withInvalidHeader(choices, headers)), isValid: false };
}

/**
 * A second Content-Type is a fault of the request itself: it is answered 400 before the signature is checked.
 */
const withOneType = (headers: [string, string][]): [string, string][] => {
  const last = headers.findLastIndex(([name]) => name === 'Content-Type');
  return headers.filter(([name], n) => name !== 'Content-Type' || n === last);
};

/** Changes, empties or removes a header; the signature stays. */
function withInvalidHeader(choices: Choices, headers: [string, string][]): [string, string][] {
  const at = 1 + choices.below(headers.length - 1);
  const [name] = headers[at] ?? ['X-Shopify-Topic'];
  const value = choices.one([
    '',
    'x',
    'x'.repeat(300),
    'products/update',
    'other.myshopify.com',
    '0',
    'text/plain',
  ]);
  const others = headers.filter((_, index) => index !== at);
  return choices.oneIn(3)
    ? others
    : [...headers.filter((_, i) => i !== at || choices.oneIn(2)), [name, value]];
}
