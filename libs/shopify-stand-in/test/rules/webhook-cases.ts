import type { RuleCase, RuleWorld } from './rule-world.ts';

const CREATE = `mutation Create($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri }) {
    webhookSubscription { id } userErrors { field message }
  }
}`;
const DELETE = `mutation Delete($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } }
}`;

const UPDATE = `mutation Update($id: ID!, $uri: String!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: { uri: $uri }) {
    webhookSubscription { uri } userErrors { message }
  }
}`;

/** Subscribes, and returns the id of the subscription. */
async function create(world: RuleWorld, uri = world.webhookUrl, topic = 'CUSTOMERS_UPDATE') {
  const { body } = await world.graphql(world.shop.accessToken, CREATE, { topic, uri });
  return body.data.webhookSubscriptionCreate.webhookSubscription?.id as string | undefined;
}
async function creates(world: RuleWorld, uri?: string): Promise<boolean> {
  await world.installed();
  return (await create(world, uri)) !== undefined;
}
async function deletes(world: RuleWorld, id: string | undefined): Promise<boolean> {
  const { body } = await world.graphql(world.shop.accessToken, DELETE, { id });
  return body.data.webhookSubscriptionDelete.deletedWebhookSubscriptionId !== null;
}
async function updates(world: RuleWorld, id: string | undefined): Promise<boolean> {
  const uri = 'https://app.example.com/elsewhere';
  const { body } = await world.graphql(world.shop.accessToken, UPDATE, { id, uri });
  return body.data.webhookSubscriptionUpdate.userErrors.length === 0;
}
/** Returns whether a subscription of the shop outlives a webhook. */
async function staysSubscribed(world: RuleWorld): Promise<boolean> {
  world.subscribe(); // to no topic, for quick retries
  await world.installed();
  await create(world);
  await isSent(world);
  return world.shop.subscriptions.list().length === 1;
}
/** Returns whether a change of a customer is sent. */
async function isSent({ shop, settled }: RuleWorld): Promise<boolean> {
  shop.edit(shop.get(3)!.id, { tags: ['x'] });
  return (await settled()).includes('customers/update');
}

export const webhookCases: RuleCase[] = [
  {
    rule: 'webhook-address',
    good: (world) => creates(world, 'https://app.example.com/webhooks'),
    mutant: (world) => creates(world, 'http://app.example.com/webhooks'),
  },
  {
    rule: 'webhook-taken',
    async good(world) {
      await creates(world, 'https://app.example.com/one');
      return creates(world, 'https://app.example.com/two');
    },
    async mutant(world) {
      await creates(world, 'https://app.example.com/one');
      return creates(world, 'https://app.example.com/one');
    },
  },
  {
    rule: 'webhook-topic-scope',
    good: async (world) => {
      await world.installed();
      return (await create(world, world.webhookUrl, 'CUSTOMERS_MERGE')) !== undefined;
    },
    async mutant(world) {
      world.standIn.configure({ scopes: ['read_customers'] });
      await world.installed();
      return (await create(world, world.webhookUrl, 'CUSTOMERS_MERGE')) !== undefined;
    },
  },
  {
    rule: 'webhook-protected-data',
    async good(world) {
      world.shop.approval = 'no-fields';
      return creates(world);
    },
    async mutant(world) {
      world.shop.approval = 'none';
      return creates(world);
    },
  },
  {
    rule: 'webhook-unknown',
    async good(world) {
      await world.installed();
      return deletes(world, await create(world));
    },
    async mutant(world) {
      await world.installed();
      return deletes(world, 'gid://shopify/WebhookSubscription/7');
    },
  },
  {
    rule: 'webhook-update-unknown',
    async good(world) {
      await world.installed();
      return updates(world, await create(world));
    },
    async mutant(world) {
      await world.installed();
      return updates(world, 'gid://shopify/WebhookSubscription/7');
    },
  },
  {
    rule: 'webhook-removed',
    good: staysSubscribed,
    mutant(world) {
      world.receiver.answer = () => 500;
      return staysSubscribed(world);
    },
  },
  {
    rule: 'webhook-delivery-scope',
    good(world) {
      world.subscribe('customers/update');
      world.shop.install();
      return isSent(world);
    },
    mutant(world) {
      world.subscribe('customers/update');
      world.standIn.configure({ scopes: ['read_products'] });
      world.shop.install();
      return isSent(world);
    },
  },
  {
    rule: 'webhook-delivery-protected',
    good(world) {
      world.shop.approval = 'no-fields';
      world.subscribe('customers/update');
      world.shop.install();
      return isSent(world);
    },
    mutant(world) {
      world.shop.approval = 'none';
      world.subscribe('customers/update');
      world.shop.install();
      return isSent(world);
    },
  },
  {
    rule: 'webhook-installed',
    good(world) {
      world.subscribe('customers/update');
      world.shop.install();
      return isSent(world);
    },
    mutant(world) {
      world.subscribe('customers/update');
      world.shop.install();
      world.shop.uninstall();
      return isSent(world);
    },
  },
  {
    rule: 'webhook-hmac',
    async good(world) {
      await forge(world);
      return world.rules().length === 0;
    },
    async mutant(world) {
      world.receiver.answer = () => 200;
      await forge(world);
      return world.rules().length === 0;
    },
  },
];

async function forge({ shop, subscribe, settled }: RuleWorld): Promise<void> {
  subscribe('customers/redact');
  shop.install();
  shop.sendWebhook({ topic: 'customers/redact', customerId: shop.get(0)!.id, forged: true });
  await settled();
}
