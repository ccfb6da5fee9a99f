import { requireScope, unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import { isReserved, READ_SCOPE, touch, userError, WRITE_SCOPE } from './inputs.ts';
import { metafieldsSet } from './set.ts';
import { fullNamespace } from './store.ts';

export const metafieldQueries = { metafieldDefinition };
export const metafieldMutations = {
  metafieldDefinitionCreate,
  metafieldDefinitionDelete,
  metafieldsSet,
  metafieldsDelete,
};

interface DefinitionInput {
  namespace?: string | null;
  key: string;
  name: string;
  description?: string | null;
  type: string;
  ownerType: string;
  access?: { admin?: string | null } | null;
  capabilities?: { adminFilterable?: { enabled: boolean } | null } | null;
  [other: string]: unknown;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldDefinitionCreate. */
function metafieldDefinitionCreate({ definition }: { definition: DefinitionInput }, context: Context) {
  const { shop } = context;
  const { key, name, description, type, ownerType, access, capabilities, ...others } = definition;
  requireScope(context, 'metafieldDefinitionCreate', WRITE_SCOPE);
  shop.count('metafieldMutations');
  const { namespace: given, pin, useAsCollectionCondition, ...unknown } = others;
  const isKnown = ownerType === 'CUSTOMER' && type === 'single_line_text_field';
  if (!isKnown || pin === true || useAsCollectionCondition === true || Object.keys(unknown).length > 0)
    throw unsupported(context, 'definitions of other owners or types, or with validations');
  const namespace = fullNamespace(given, shop.app.config().clientId);
  const { broken } = shop.rules;
  if (broken('metafield-definition-access', access?.admin != null && !isReserved(namespace))) {
    return refuseDefinition(
      ['definition', 'access', 'admin'],
      'ADMIN_ACCESS_INPUT_NOT_ALLOWED',
      'Setting this access control is not permitted. It must be one of ["PUBLIC_READ_WRITE"].',
    );
  }
  const isTaken = shop.metafields.definition({ namespace, key }) !== undefined;
  if (broken('metafield-definition-taken', isTaken)) {
    return refuseDefinition(
      ['definition', 'key'],
      'TAKEN',
      'Key is in use for Customer metafields on the namespace.',
    );
  }
  shop.metafields.define({
    ...{ namespace, key, name, type },
    admin: access?.admin ?? null,
    adminFilterable: capabilities?.adminFilterable?.enabled ?? false,
  });
  return {
    createdDefinition: { __typename: 'MetafieldDefinition', namespace, key, name, ownerType },
    userErrors: [],
  };
}

const refuseDefinition = (field: string[], code: string, message: string) => ({
  createdDefinition: null,
  userErrors: [userError(field, code, message)],
});

interface NamedDefinition {
  id?: string | null;
  identifier?: { ownerType: string; namespace?: string | null; key: string } | null;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/metafieldDefinition. */
function metafieldDefinition({ id, identifier }: NamedDefinition, context: Context) {
  const { shop } = context;
  requireScope(context, 'metafieldDefinition', READ_SCOPE);
  if (id != null || identifier?.ownerType !== 'CUSTOMER')
    throw unsupported(context, 'a query of a definition without the identifier of customers');
  const namespace = fullNamespace(identifier.namespace, shop.app.config().clientId);
  const found = shop.metafields.definition({ namespace, key: identifier.key });
  return found ? { __typename: 'MetafieldDefinition', namespace, key: found.key, name: found.name } : null;
}

interface DeleteDefinition extends NamedDefinition {
  deleteAllAssociatedMetafields?: boolean | null;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldDefinitionDelete. */
function metafieldDefinitionDelete(args: DeleteDefinition, context: Context) {
  const { shop } = context;
  const { id, identifier, deleteAllAssociatedMetafields: isAll } = args;
  requireScope(context, 'metafieldDefinitionDelete', WRITE_SCOPE);
  shop.count('metafieldMutations');
  if (id != null || identifier?.ownerType !== 'CUSTOMER')
    throw unsupported(context, 'a deletion of a definition without the identifier of customers');
  const namespace = fullNamespace(identifier.namespace, shop.app.config().clientId);
  const { key } = identifier;
  const { broken } = shop.rules;
  if (broken('metafield-definition-delete', isReserved(namespace) && isAll !== true)) {
    return refuseDeletion(
      'RESERVED_NAMESPACE_ORPHANED_METAFIELDS',
      'Deleting a definition in a reserved namespace must have deleteAllAssociatedMetafields set to true.',
    );
  }
  const isUnknown = shop.metafields.definition({ namespace, key }) === undefined;
  if (broken('metafield-definition-unknown', isUnknown))
    return refuseDeletion('NOT_FOUND', 'Definition not found.');
  shop.metafields.removeDefinition({ namespace, key });
  return { deletedDefinition: { ownerType: 'CUSTOMER', namespace, key }, userErrors: [] };
}

const refuseDeletion = (code: string, message: string) => ({
  deletedDefinition: null,
  userErrors: [userError(['identifier'], code, message)],
});

interface Identifier {
  ownerId: string;
  namespace: string;
  key: string;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsDelete. */
function metafieldsDelete({ metafields: inputs }: { metafields: Identifier[] }, context: Context) {
  const { shop } = context;
  requireScope(context, 'metafieldsDelete', WRITE_SCOPE);
  shop.count('metafieldMutations');
  const { broken } = shop.rules;
  if (broken('metafields-delete-none', inputs.length === 0)) {
    const message = 'At least one identifier must be specified.';
    return { deletedMetafields: null, userErrors: [{ field: ['metafields'], message }] };
  }
  const deleted = inputs.map(({ ownerId, key, ...input }) => {
    const namespace = fullNamespace(input.namespace, shop.app.config().clientId);
    const id = { ownerId, namespace, key };
    if (!shop.find(ownerId) || !shop.metafields.delete(id)) return null;
    shop.count('metafieldsDeleted');
    return { __typename: 'MetafieldIdentifier', ...id };
  });
  touch(
    deleted.flatMap((each) => each?.ownerId ?? []),
    context,
  );
  return { deletedMetafields: deleted, userErrors: [] };
}
