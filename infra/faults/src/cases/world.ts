import { randomUUID } from 'node:crypto';
import { createCustomer } from '@core/domain';
import type { FieldShop, FieldStack } from '../field/stack.ts';

/** The state before an input: a separate merchant with a shop, and optionally a customer. */
export interface World extends FieldShop {
  customerId: string;
}

export interface StoredCustomer {
  /** In any spelling, as an earlier build may have stored it. */
  externalId?: string;
  email?: string;
}

export async function makeWorld(stack: FieldStack, stored?: StoredCustomer): Promise<World> {
  const shop = await stack.newShop();
  if (!stored) return { ...shop, customerId: randomUUID() };
  const { merchantId } = shop;
  const { externalId, email = 'ada@example.com' } = stored;
  const { customerId } = await stack.as(merchantId, (tx) =>
    createCustomer(tx, stack.ctx(), { merchantId, email }),
  );
  if (externalId !== undefined) {
    await stack.owner.query('update customers set external_id = $2 where id = $1', [customerId, externalId]);
  }
  return { ...shop, customerId };
}

const placeholdersOf = ({ merchantId, customerId, shop, far }: World): [name: string, value: string][] => [
  ['$merchant', merchantId],
  ['$customer', customerId],
  ['$shop_id', String(far.shopId)],
  ['$shop', shop],
];

/** Replaces the placeholders with the values of a world. */
export const fillPlaceholders = (text: string, world: World): string =>
  placeholdersOf(world).reduce((filled, [name, value]) => filled.replaceAll(name, value), text);

/** Replaces the values of a world with their placeholders. */
export const restorePlaceholders = (text: string, world: World): string =>
  placeholdersOf(world).reduce((restored, [name, value]) => restored.replaceAll(value, name), text);

/** Returns the JSON with additional fields before the existing ones. */
export const withFields = (json: string, fields: string): string =>
  json.replace('{', `{${fields}, `).replace(', }', '}');
