import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
} from 'graphql';
import { isAbstractType, isCompositeType, isInterfaceType, isObjectType, Kind } from 'graphql';
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLCompositeType,
  GraphQLField,
} from 'graphql';
import type { GraphQLSchema, OperationDefinitionNode, SelectionNode, SelectionSetNode } from 'graphql';

/** Maximum cost of a single query. Source: shopify.dev/docs/api/usage/limits (single query limit). */
export const MAX_QUERY_COST = 1000;

const MUTATION_COST = 10;

export interface CostedQuery {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Coerced values, as graphql-js's getVariableValues returns them. */
  variables: Record<string, unknown>;
}

type Data = Record<string, unknown> | undefined;

/**
 * Computes the points of an operation. A mutation costs 10 per field. In a query, a scalar and an enum cost
 * 0, an object 1, and an interface or union its largest selection. A connection is "sized by first and last":
 * 2 + max(1, floor(2 ln n)) x node cost, a curve fitted to recorded live replies. Without `data` the result
 * is the requested cost. With `data` it is the actual cost: a connection counts the nodes that it returned,
 * and a null object costs nothing.
 * Source: shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits (cost calculation).
 */
export function queryCost(query: CostedQuery, data?: Data): number {
  const root = query.schema.getRootType(query.operation.operation);
  if (query.operation.operation === 'mutation' && root) {
    return MUTATION_COST * [...fieldsOf(query, query.operation.selectionSet, root)].length;
  }
  return root ? selectionCost(query, query.operation.selectionSet, root, data) : 0;
}

/** Returns the points of one connection with n nodes. */
export function connectionCost(n: number, nodeCost: number): number {
  return 2 + Math.max(1, Math.floor(2 * Math.log(Math.max(1, n)))) * nodeCost;
}

function selectionCost(
  query: CostedQuery,
  set: SelectionSetNode,
  type: GraphQLCompositeType,
  data: Data,
): number {
  let own = 0;
  const byType = new Map<string, number>();
  for (const selection of set.selections) {
    if (!isIncluded(selection, query.variables)) continue;
    if (selection.kind === Kind.FIELD) {
      own += fieldCost(query, selection, type, data);
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(query, selection.name.value);
    const condition = fragment.typeCondition ? query.schema.getType(fragment.typeCondition.name.value) : type;
    if (!isCompositeType(condition)) continue;
    const cost = selectionCost(query, fragment.selectionSet, condition, data);
    if (isAbstractType(type) && condition !== type) {
      byType.set(condition.name, (byType.get(condition.name) ?? 0) + cost);
    } else own += cost;
  }
  return own + Math.max(0, ...byType.values());
}

function fieldCost(query: CostedQuery, node: FieldNode, parent: GraphQLCompositeType, data: Data): number {
  const field = fieldOf(parent, node.name.value);
  const type = field && getNamedType(field.type);
  if (!field || !node.selectionSet || !isCompositeType(type)) return 0;
  const value = data?.[node.alias?.value ?? node.name.value];
  if (data && value == null) return 0;
  const below = value as Data;
  if (!type.name.endsWith('Connection')) return 1 + selectionCost(query, node.selectionSet, type, below);
  const size = returnedNodes(below) ?? sizeArgument(query, field, node);
  return connectionCost(size, nodeCost(query, node.selectionSet, type));
}

/** edges, nodes and pageInfo belong to the connection's fixed 2. Only the node is charged by size. */
function nodeCost(query: CostedQuery, set: SelectionSetNode, connection: GraphQLCompositeType): number {
  let cost = 0;
  for (const [node, parent] of fieldsOf(query, set, connection)) {
    const field = fieldOf(parent, node.name.value);
    const type = field && getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) continue;
    if (node.name.value === 'edges') cost += nodeCost(query, node.selectionSet, type);
    else if (node.name.value !== 'pageInfo')
      cost += 1 + selectionCost(query, node.selectionSet, type, undefined);
  }
  return cost;
}

function* fieldsOf(
  query: CostedQuery,
  set: SelectionSetNode,
  type: GraphQLCompositeType,
): Generator<[FieldNode, GraphQLCompositeType]> {
  for (const selection of set.selections) {
    if (!isIncluded(selection, query.variables)) continue;
    if (selection.kind === Kind.FIELD) yield [selection, type];
    else if (selection.kind === Kind.INLINE_FRAGMENT) yield* fieldsOf(query, selection.selectionSet, type);
    else yield* fieldsOf(query, fragmentOf(query, selection.name.value).selectionSet, type);
  }
}

function fieldOf(type: GraphQLCompositeType, name: string): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/**
 * Returns the fragment of a spread. The document is validated before it is costed, so the fragment exists.
 */
function fragmentOf({ document }: CostedQuery, name: string): FragmentDefinitionNode {
  const found = document.definitions.find(
    (d) => d.kind === Kind.FRAGMENT_DEFINITION && d.name.value === name,
  );
  if (found?.kind !== Kind.FRAGMENT_DEFINITION) throw new Error(`fragment ${name} is not in the document`);
  return found;
}

function isIncluded(node: SelectionNode, variables: Record<string, unknown>): boolean {
  const skip = getDirectiveValues(GraphQLSkipDirective, node, variables);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, variables);
  return skip?.['if'] !== true && include?.['if'] !== false;
}

function sizeArgument(query: CostedQuery, field: GraphQLField<unknown, unknown>, node: FieldNode): number {
  const { first, last } = getArgumentValues(field, node, query.variables);
  return Number(first ?? last ?? 0);
}

/** Undefined before execution, and when neither nodes nor edges were requested. */
function returnedNodes(connection: Data): number | undefined {
  const list = connection?.['nodes'] ?? connection?.['edges'];
  return Array.isArray(list) ? list.length : undefined;
}
