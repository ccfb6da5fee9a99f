import { webhookPathSuffix } from './path.ts';

it.each([
  '/webhooks/shopify',
  '/webhooks/shopify/',
  '//webhooks//shopify//',
  '/Webhooks/SHOPIFY',
  '/webhooks%2Fshopify',
  '/webhooks%2fshopify%2f',
  '/webhooks/shopify%20',
  '/webhooks/shop%69fy',
])('accepts webhooks at %s', (path) => expect(webhookPathSuffix(path)).toBe(''));

it.each([
  '/webhooks/shopify/customers/redact',
  '/webhooks/shopify/customers%2Fredact',
  '/WEBHOOKS/Shopify//Customers/Redact/',
])('finds the topic in %s', (path) => expect(webhookPathSuffix(path)).toBe('customers/redact'));

it('returns the rest of a path unchanged if it is not a topic', () =>
  expect(webhookPathSuffix('/webhooks/shopify/no/topic')).toBe('no/topic'));

it.each([
  '',
  '/',
  '/webhooks',
  '/webhooks/shopifys',
  '/webhook/shopify',
  '/a/webhooks/shopify',
  '/webhooks/shop%ify',
  '/webhooks/%E0%A4',
  '/core.v1.CoreService/GetCustomer',
  `/webhooks/shopify/${'x'.repeat(200)}`,
])('accepts no webhooks at %s', (path) => expect(webhookPathSuffix(path)).toBeUndefined());
