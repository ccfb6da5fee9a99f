import { isOfService, planSubscriptions, scopeOfTopic, webhooksAddress } from './plan-subscriptions.ts';
import type { Subscription } from './subscriptions.ts';

const ADDRESS = 'https://core.example.com/webhooks/shopify';
const FORMER = 'https://old.example.com/webhooks/shopify';
const TOPICS = ['customers/update', 'app/uninstalled'];

let last = 0;
const at = (uri: string, topic = 'customers/update', isWhole = true): Subscription => ({
  id: `gid://shopify/WebhookSubscription/${++last}`,
  topic,
  uri,
  isWhole,
});
const uninstalled = at(ADDRESS, 'app/uninstalled');
const plan = (...found: Subscription[]) => planSubscriptions(TOPICS, ADDRESS, [...found, uninstalled]);

it('changes nothing when each topic is sent to the address once', () => {
  expect(plan(at(ADDRESS))).toEqual({ create: [], move: [], remove: [] });
});

it('creates what is missing', () => {
  expect(planSubscriptions(TOPICS, ADDRESS, [])).toEqual({ create: TOPICS, move: [], remove: [] });
});

it('moves a subscription at a former address', () => {
  const former = at(FORMER);
  expect(plan(former)).toEqual({ create: [], move: [former], remove: [] });
});

it('removes a second one, whichever comes first', () => {
  const [former, other, right] = [at(FORMER), at('https://other.example.com/webhooks/shopify'), at(ADDRESS)];
  expect(plan(former, right, other)).toEqual({ create: [], move: [], remove: [former, other] });
  expect(plan(former, other)).toEqual({ create: [], move: [former], remove: [other] });
});

it('replaces one that leaves events or fields out', () => {
  const filtered = at(ADDRESS, 'customers/update', false);
  expect(plan(filtered)).toEqual({ create: ['customers/update'], move: [], remove: [filtered] });
  const former = at(FORMER);
  expect(plan(filtered, former)).toEqual({ create: [], move: [former], remove: [filtered] });
});

it.each([
  'https://points.example.com/hooks',
  'https://core.example.com/webhooks/shopify/orders',
  'pubsub://a-project:a-topic',
  'arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/webhooks/shopify',
])('leaves a subscription of another part of the platform alone: %s', (uri) => {
  expect(isOfService({ uri })).toBe(false);
  expect(plan(at(uri))).toEqual({ create: ['customers/update'], move: [], remove: [] });
});

it('needs the scope of the customers, and another one for merges', () => {
  expect(scopeOfTopic('customers/delete')).toBe('read_customers');
  expect(scopeOfTopic('customers/merge')).toBe('read_customer_merge');
  expect(scopeOfTopic('app/uninstalled')).toBeUndefined();
});

it.each(['https://core.example.com', 'https://core.example.com/'])('the address follows %s', (url) =>
  expect(webhooksAddress(url)).toBe(ADDRESS),
);
