import type { Subscription } from './subscriptions.ts';

/** The path at which the api receives webhooks. */
export const WEBHOOKS_PATH = '/webhooks/shopify';

/** The address of the webhooks of a service. @param publicUrl the address of its HTTP port */
export const webhooksAddress = (publicUrl: string): string =>
  `${publicUrl.replace(/\/$/, '')}${WEBHOOKS_PATH}`;

/** The changes after which a shop sends each topic to the address once. */
export interface SubscriptionPlan {
  /** Topics without a subscription. */
  create: string[];
  /** Subscriptions at a former address of the service. */
  move: Subscription[];
  /** Second subscriptions of a topic, and ones that leave events or fields out. */
  remove: Subscription[];
}

/**
 * Returns whether a subscription is one of this service: at its path, at any host. One at another path, or at
 * a queue of another vendor, serves another part of the platform, which shares the app.
 */
export const isOfService = ({ uri }: Pick<Subscription, 'uri'>): boolean =>
  URL.canParse(uri) &&
  /^https?:$/.test(new URL(uri).protocol) &&
  new URL(uri).pathname.endsWith(WEBHOOKS_PATH);

/** Compares the subscriptions of a shop with what the service needs. Pure, so that every case has a spec. */
export function planSubscriptions(
  topics: readonly string[],
  address: string,
  found: readonly Subscription[],
): SubscriptionPlan {
  const plan: SubscriptionPlan = { create: [], move: [], remove: [] };
  for (const topic of topics) {
    const ours = found.filter((each) => each.topic === topic && isOfService(each));
    const whole = ours.filter(({ isWhole }) => isWhole);
    const kept = whole.find(({ uri }) => uri === address) ?? whole[0];
    plan.remove.push(...ours.filter((each) => each !== kept));
    if (!kept) plan.create.push(topic);
    else if (kept.uri !== address) plan.move.push(kept);
  }
  return plan;
}

/** Returns the scope without which Shopify refuses a subscription to the topic; undefined: none. */
export function scopeOfTopic(topic: string): string | undefined {
  if (topic === 'customers/merge') return 'read_customer_merge';
  return topic.startsWith('customers/') ? 'read_customers' : undefined;
}
