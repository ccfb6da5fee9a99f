import { readFile } from 'node:fs/promises';
import { waitUntil } from '@core/testing';
import { HOUR_MS } from './rule-world.ts';
import type { RuleCase, RuleWorld } from './rule-world.ts';

const fresh = async (world: RuleWorld) => world.works((await world.installed()).access_token);

export const accessCases: RuleCase[] = [
  {
    rule: 'uninstalled',
    good: fresh,
    async mutant(world) {
      const { access_token: token } = await world.installed();
      world.shop.uninstall();
      return world.works(token);
    },
  },
  {
    rule: 'former-installation',
    good: fresh,
    async mutant(world) {
      const { access_token: token } = await world.installed();
      world.shop.uninstall();
      world.shop.install();
      return world.works(token);
    },
  },
  {
    rule: 'access-token-expired',
    async good(world) {
      const { access_token: token } = await world.installed();
      world.clock.ms += HOUR_MS - 1;
      return world.works(token);
    },
    async mutant(world) {
      const { access_token: token } = await world.installed();
      world.clock.ms += HOUR_MS;
      return world.works(token);
    },
  },
  {
    rule: 'access-token-retired',
    async good(world) {
      const { access_token: token, refresh_token: refreshToken } = await world.installed();
      await world.refresh(refreshToken); // no new grant
      return world.works(token);
    },
    async mutant(world) {
      const { access_token: token } = await world.installed();
      await world.exchange();
      return world.works(token);
    },
  },
  {
    rule: 'revoked-secret',
    async good(world) {
      const { access_token: token } = await world.installed();
      world.standIn.configure({ secrets: ['next-secret', 'dev-client-secret'] });
      return world.works(token);
    },
    async mutant(world) {
      const { access_token: token } = await world.installed();
      world.standIn.configure({ secrets: ['next-secret'] });
      return world.works(token);
    },
  },
  {
    rule: 'non-expiring-token',
    async good(world) {
      const { access_token: token } = await world.installed({ expiring: '0' });
      world.standIn.configure({ distribution: 'custom' });
      return world.works(token);
    },
    mutant: async (world) => world.works((await world.installed({ expiring: '0' })).access_token),
  },
  {
    rule: 'access-scope',
    good: async (world) => readsCustomers(world, (await world.installed()).access_token),
    async mutant(world) {
      const { access_token: token } = await world.installed();
      world.shop.updateScopes(['read_products']);
      return readsCustomers(world, token);
    },
  },
  {
    rule: 'protected-field',
    good: readsEmails,
    async mutant(world) {
      world.shop.approval = 'no-fields';
      return readsEmails(world);
    },
  },
];

/** Through GraphQL, a bulk query, REST, and a webhook. */
async function readsEmails(world: RuleWorld): Promise<boolean> {
  const { access_token: token } = await world.installed();
  const { id, email } = [...world.shop.all()].find((customer) => customer.email !== null)!;
  const fields = `customers(first: 20) { nodes { defaultEmailAddress { emailAddress } } }`;
  const { body } = await world.graphql(token, `{ ${fields} }`);
  const query = '{ customers { edges { node { defaultEmailAddress { emailAddress } } } } }';
  const run = `mutation Run($query: String!) { bulkOperationRunQuery(query: $query) { userErrors { message } } }`;
  await world.graphql(token, run, { query });
  const [operation] = world.shop.bulk.list();
  await waitUntil(() => operation!.status === 'COMPLETED', { what: 'the bulk query to complete' });
  const file = await readFile(operation!.file!.path, 'utf8');
  const rest = await world.rest(token, 'customers.json?fields=email');
  world.subscribe('customers/update');
  world.shop.edit(id, { tags: ['x'] });
  await world.settled();
  const seen = [body, file, rest.body, world.received.at(-1)!.body].map((part) =>
    JSON.stringify(part).includes(email!),
  );
  expect(new Set(seen).size).toBe(1);
  return body.errors === undefined && seen[0]!;
}

async function readsCustomers(world: RuleWorld, token: string): Promise<boolean> {
  const { body } = await world.graphql(token, '{ customers(first: 1) { nodes { id } } }');
  return body.data?.customers?.nodes.length === 1;
}
