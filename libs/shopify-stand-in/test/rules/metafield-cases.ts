import type { RuleCase, RuleWorld } from './rule-world.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the shapes are what is under test */

const SET = `mutation ($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { key } userErrors { field code elementIndex } }
}`;
const DELETE = `mutation ($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { deletedMetafields { key } userErrors { field } }
}`;
const DEFINE = `mutation ($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { key } userErrors { code } }
}`;
const REMOVE = `mutation ($identifier: MetafieldDefinitionIdentifierInput!, $isAll: Boolean) {
  metafieldDefinitionDelete(identifier: $identifier, deleteAllAssociatedMetafields: $isAll) {
    deletedDefinition { key } userErrors { code }
  }
}`;

const NOBODY = 'gid://shopify/Customer/7';
const identifier = { ownerType: 'CUSTOMER', namespace: '$app', key: 'level' };
const TYPE = 'single_line_text_field';

/** Returns a caller whose token may write customers. @returns the payload of the mutation */
async function writer(world: RuleWorld) {
  world.standIn.configure({ scopes: ['write_customers'] });
  const { access_token: token } = await world.installed();
  return async (query: string, variables: object) => {
    const { body } = await world.graphql(token, query, variables);
    return Object.values(body.data as Record<string, any>)[0];
  };
}

const ofCustomer = (world: RuleWorld, index: number, changed: object = {}) => ({
  ...{ ownerId: world.shop.get(index)!.id, namespace: '$app', key: 'level', type: TYPE, value: 'gold' },
  ...changed,
});

async function sets(world: RuleWorld, ...metafields: object[]): Promise<boolean> {
  const call = await writer(world);
  return (await call(SET, { metafields })).userErrors.length === 0;
}

const define = (changed: object = {}) => ({
  definition: { ...identifier, name: 'Level', type: TYPE, ...changed },
});
const isDefined = (payload: any): boolean => payload.createdDefinition !== null;

export const metafieldCases: RuleCase[] = [
  {
    rule: 'metafields-most',
    good: (world) =>
      sets(world, ...Array.from({ length: 25 }, (_, n) => ofCustomer(world, 0, { key: `k${n}0` }))),
    mutant: (world) =>
      sets(world, ...Array.from({ length: 26 }, (_, n) => ofCustomer(world, 0, { key: `k${n}0` }))),
  },
  {
    rule: 'metafields-atomic',
    good: (world) => setsFirst(world, world.shop.get(1)!.id),
    mutant: (world) => setsFirst(world, NOBODY),
  },
  {
    rule: 'metafields-delete-none',
    good: (world) =>
      deletes(
        world,
        [ofCustomer(world, 0)].map(({ ownerId, namespace, key }) => ({ ownerId, namespace, key })),
      ),
    mutant: (world) => deletes(world, []),
  },
  {
    rule: 'metafield-owner',
    good: (world) => sets(world, ofCustomer(world, 0)),
    mutant: (world) => sets(world, ofCustomer(world, 0, { ownerId: NOBODY })),
  },
  {
    rule: 'metafield-type',
    async good(world) {
      const call = await writer(world);
      await call(DEFINE, define());
      return sets(world, ofCustomer(world, 0, { type: undefined }));
    },
    mutant: (world) => sets(world, ofCustomer(world, 0, { type: undefined })),
  },
  {
    rule: 'metafield-value',
    good: (world) => sets(world, ofCustomer(world, 0, { value: ' ' })),
    mutant: (world) => sets(world, ofCustomer(world, 0, { value: '' })),
  },
  {
    rule: 'metafield-namespace',
    good: (world) => sets(world, ofCustomer(world, 0, { namespace: undefined })),
    mutant: (world) => sets(world, ofCustomer(world, 0, { namespace: 'app--1' })),
  },
  {
    rule: 'metafield-definition-taken',
    async good(world) {
      const call = await writer(world);
      await call(DEFINE, define());
      return isDefined(await call(DEFINE, define({ key: 'other' })));
    },
    async mutant(world) {
      const call = await writer(world);
      await call(DEFINE, define());
      return isDefined(await call(DEFINE, define()));
    },
  },
  {
    rule: 'metafield-definition-access',
    good: async (world) =>
      isDefined(await (await writer(world))(DEFINE, define({ access: { admin: 'MERCHANT_READ' } }))),
    mutant: async (world) =>
      isDefined(
        await (
          await writer(world)
        )(DEFINE, define({ namespace: 'custom', access: { admin: 'MERCHANT_READ' } })),
      ),
  },
  {
    rule: 'metafield-definition-delete',
    good: (world) => removes(world, true),
    mutant: (world) => removes(world, false),
  },
  {
    rule: 'metafield-definition-unknown',
    good: (world) => removes(world, true),
    mutant: (world) => removes(world, true, 'unknown'),
  },
];

/** Sets a metafield of the first customer in one call with one of another owner. */
async function setsFirst(world: RuleWorld, ownerId: string): Promise<boolean> {
  await sets(world, ofCustomer(world, 0), ofCustomer(world, 0, { ownerId }));
  return world.shop.metafields.list().some((each) => each.ownerId === world.shop.get(0)!.id);
}

async function deletes(world: RuleWorld, metafields: object[]): Promise<boolean> {
  const call = await writer(world);
  return (await call(DELETE, { metafields })).userErrors.length === 0;
}

async function removes(world: RuleWorld, isAll: boolean, key = 'level'): Promise<boolean> {
  const call = await writer(world);
  await call(DEFINE, define());
  return (await call(REMOVE, { identifier: { ...identifier, key }, isAll })).deletedDefinition !== null;
}
