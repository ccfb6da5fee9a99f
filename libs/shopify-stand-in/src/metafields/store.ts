import { mix } from '../hash.ts';

/** A metafield of a customer, with its full namespace. */
export interface Metafield {
  ownerId: string;
  namespace: string;
  key: string;
  value: string;
}

export type MetafieldId = Omit<Metafield, 'value'>;

/** A definition of customers' metafields. */
export interface MetafieldDefinition {
  namespace: string;
  key: string;
  name: string;
  type: string;
  /** The access of the merchant. */
  admin: string | null;
  adminFilterable: boolean;
}

export type DefinitionId = Pick<MetafieldDefinition, 'namespace' | 'key'>;

export interface Metafields {
  definitions(): MetafieldDefinition[];
  /** Those of existing customers, by owner in the order of their first metafield. */
  list(): Metafield[];
  /** Milliseconds from the deletion of a definition until its metafields are deleted. */
  deleteAfterMs: number;
}

export interface ServedMetafields extends Metafields {
  definition(id: DefinitionId): MetafieldDefinition | undefined;
  define(definition: MetafieldDefinition): void;
  /**
   * Deletes the definition at once and its metafields later, as Shopify does ("asynchronously"): also those
   * that were set in between, which Shopify does not rule out.
   */
  removeDefinition(id: DefinitionId): void;
  set(metafield: Metafield): void;
  /** @returns whether it existed */
  delete(id: MetafieldId): boolean;
  clear(): void;
}

/**
 * Resolves the app's reserved namespace: `$app` is app--{id}, `$app:x` is app--{id}--x. The stand-in derives
 * the number from the client id.
 * Source: shopify.dev/docs/apps/build/custom-data/ownership.
 */
export function fullNamespace(given: string | null | undefined, clientId: string): string {
  const own = `app--${appNumber(clientId)}`;
  const namespace = given ?? '$app';
  if (namespace === '$app') return own;
  return namespace.startsWith('$app:') ? `${own}--${namespace.slice(5)}` : namespace;
}

const appNumber = (clientId: string): number =>
  [...clientId].reduce((sum, letter) => mix(sum, letter.codePointAt(0) ?? 0, 1) % 1e9, 7);

const keyOf = ({ namespace, key }: DefinitionId): string => `${namespace}|${key}`;

export function createMetafields(isOwner: (id: string) => boolean): ServedMetafields {
  const definitions = new Map<string, MetafieldDefinition>();
  const values = new Map<string, Map<string, Metafield>>();
  const timers = new Set<NodeJS.Timeout>();
  const deleteAll = (id: DefinitionId) => values.forEach((ofOwner) => ofOwner.delete(keyOf(id)));

  const store: ServedMetafields = {
    deleteAfterMs: 50,
    definitions: () => [...definitions.values()],
    list: () => [...values].flatMap(([owner, ofOwner]) => (isOwner(owner) ? [...ofOwner.values()] : [])),
    definition: (id) => definitions.get(keyOf(id)),
    define: (definition) => void definitions.set(keyOf(definition), definition),
    removeDefinition(id) {
      definitions.delete(keyOf(id));
      const timer = setTimeout(() => {
        timers.delete(timer);
        deleteAll(id);
      }, store.deleteAfterMs).unref();
      timers.add(timer);
    },
    set(metafield) {
      const ofOwner = values.get(metafield.ownerId) ?? new Map<string, Metafield>();
      values.set(metafield.ownerId, ofOwner);
      ofOwner.set(keyOf(metafield), metafield);
    },
    delete: (id) => values.get(id.ownerId)?.delete(keyOf(id)) ?? false,
    clear() {
      timers.forEach((timer) => clearTimeout(timer));
      timers.clear();
      definitions.clear();
      values.clear();
    },
  };
  return store;
}
