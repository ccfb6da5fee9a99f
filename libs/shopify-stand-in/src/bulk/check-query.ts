import { getNamedType, getOperationAST, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { DocumentNode, FieldNode } from 'graphql';
import { loadAdminSchema } from '../schema.ts';
import { prepare } from '../validate.ts';

export type CheckedQuery = { document: DocumentNode; root: FieldNode } | { errors: string[] };

const MAX_CONNECTIONS = 5;
const DEEPEST = 2;

/**
 * Checks the restrictions on a bulk query. Error messages use Shopify's wording if it is known from recorded
 * replies.
 * Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Operation restrictions", "supports querying a
 * single top-level field", "at least one connection", five connections, a nesting depth of two).
 */
export function checkBulkQuery(source: string, version: string): CheckedQuery {
  const prepared = prepare(source, version);
  if ('errors' in prepared)
    return { errors: prepared.errors.map(({ message }) => `Invalid bulk query: ${message}`) };
  const { document } = prepared;
  const operation = getOperationAST(document);
  if (operation?.operation !== 'query')
    return { errors: ['Invalid operation type. Only `query` operations are supported.'] };
  const fields = operation.selectionSet.selections.filter((selection) => selection.kind === Kind.FIELD);
  const root = fields[0];
  const errors = [
    ...(fields.length !== 1 ? ['Bulk queries support a single top level field.'] : []),
    ...(root && /^nodes?$/.test(root.name.value)
      ? [`Bulk queries cannot contain a top level \`${root.name.value}\` field.`]
      : []),
    ...(operation.variableDefinitions?.length ? ['Bulk queries cannot contain variables.'] : []),
    ...connectionErrors(document, version),
  ];
  return errors.length > 0 || !root ? { errors } : { document, root };
}

function connectionErrors(document: DocumentNode, version: string): string[] {
  const types = new TypeInfo(loadAdminSchema(version));
  const withNodes: string[] = [];
  const withoutId: string[] = [];
  let connections = 0;
  let depth = -1;
  let deepest = 0;
  const isConnection = () => getNamedType(types.getType())?.name.endsWith('Connection') ?? false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter(field, _key, _parent, _path, ancestors) {
          if (!isConnection()) return;
          connections += 1;
          depth += 1;
          deepest = Math.max(deepest, depth);
          if (selects(field, 'nodes')) withNodes.push(field.name.value);
          if (depth > 0 && !parentHasId(ancestors)) withoutId.push(field.name.value);
        },
        leave() {
          if (isConnection()) depth -= 1;
        },
      },
    }),
  );
  const names = withNodes.map((name) => `'${name}'`).join(', ');
  return [
    ...(withNodes.length > 0
      ? [
          `All connection fields in a bulk query must select their contents using 'edges' > 'node'. Selecting via 'nodes' is not supported. Invalid connection fields: ${names}.`,
        ]
      : []),
    ...(connections === 0 ? ['Bulk queries must contain at least one connection.'] : []),
    ...(connections > MAX_CONNECTIONS
      ? [`Bulk queries cannot contain more than ${MAX_CONNECTIONS} connections.`]
      : []),
    ...(deepest > DEEPEST
      ? [`Bulk queries cannot contain connections with a nesting depth greater than ${DEEPEST}.`]
      : []),
    ...(withoutId.length > 0
      ? [
          `The parent 'node' field for a nested connection must select the 'id' field: ${withoutId.join(', ')}.`,
        ]
      : []),
  ];
}

const selects = (field: FieldNode, name: string): boolean =>
  field.selectionSet?.selections.some((child) => child.kind === Kind.FIELD && child.name.value === name) ??
  false;

/** The nearest field around a nested connection is the `node` of the outer one. */
function parentHasId(ancestors: readonly unknown[]): boolean {
  const parent = ancestors.findLast((step) => (step as { kind?: string }).kind === Kind.FIELD);
  return parent !== undefined && selects(parent as FieldNode, 'id');
}
