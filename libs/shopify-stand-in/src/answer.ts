import { executeSync, getOperationAST, getVariableValues, Kind } from 'graphql';
import type { DocumentNode, GraphQLFormattedError, OperationDefinitionNode } from 'graphql';
import { MAX_QUERY_COST, queryCost } from './cost.ts';
import type { CostedQuery } from './cost.ts';
import type { Context } from './context.ts';
import { mutationRoot, resolveField, rootValue } from './resolvers.ts';
import { loadAdminSchema } from './schema.ts';
import type { ServedShop } from './shop.ts';
import type { Bucket } from './throttle.ts';
import { prepare } from './validate.ts';
import type { Prepared, ShopifyError } from './validate.ts';

export interface GraphqlRequest {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown> | null;
}

/** The JSON body of an HTTP 200. */
export interface GraphqlReply {
  data?: Record<string, unknown> | null | undefined;
  errors?: (ShopifyError | GraphQLFormattedError)[];
  extensions?: Record<string, unknown>;
}

/** The target of a request. `origin` is the stand-in's address as the client wrote it. */
export interface Asked {
  shop: ServedShop;
  version: string;
  origin: string;
}

export type Answer = (asked: Asked, request: GraphqlRequest) => GraphqlReply;

const RATE_LIMITS = 'https://shopify.dev/api/usage/rate-limits';
const KEPT_DOCUMENTS = 100;

/** Creates a function that answers GraphQL requests. Parsed and validated documents are cached. */
export function createAnswer(): Answer {
  const kept = new Map<string, Prepared>();
  const preparedOnce = (version: string, source: string): Prepared => {
    const key = `${version}|${source}`;
    const known = kept.get(key);
    if (known) return known;
    if (kept.size >= KEPT_DOCUMENTS) kept.clear();
    const fresh = prepare(source, version);
    kept.set(key, fresh);
    return fresh;
  };
  return (asked, request) => {
    const { shop, version } = asked;
    const prepared = preparedOnce(version, request.query);
    if ('document' in prepared) return run(asked, prepared.document, request);
    for (const error of prepared.errors) shop.violated('document', withoutValues(error));
    return { errors: prepared.errors };
  };
}

/**
 * Executes a request. The checks run in Shopify's order: variables, single-query limit, bucket, execution,
 * refund.
 */
function run(asked: Asked, document: DocumentNode, request: GraphqlRequest): GraphqlReply {
  const { shop, version } = asked;
  const schema = loadAdminSchema(version);
  const operation = getOperationAST(document, request.operationName);
  if (!operation) return refuse(shop, 'document', { message: 'No operation found with that name' });
  if (!isImplemented(operation)) {
    return refuse(shop, 'unsupported', {
      message: `The stand-in does not implement a ${operation.operation}.`,
      extensions: { code: 'STAND_IN_UNSUPPORTED' },
    });
  }
  const { coerced, errors } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    request.variables ?? {},
  );
  if (errors) {
    shop.violated('variables', `${errors.length} variables of a wrong type`);
    const invalid = { code: 'INVALID_VARIABLE' };
    return { errors: errors.map(({ message, locations }) => ({ message, locations, extensions: invalid })) };
  }

  const query: CostedQuery = { schema, document, operation, variables: coerced };
  const requested = queryCost(query);
  const bucket = shop.bucket();
  if (requested > MAX_QUERY_COST) return refuse(shop, 'query-cost', tooExpensive(requested));
  if (!bucket.take(requested)) {
    shop.count('throttled');
    return { errors: [THROTTLED], extensions: { cost: costOf(requested, null, bucket) } };
  }

  const contextValue: Context = { ...asked, schema, searches: [] };
  const result = executeSync({
    schema,
    document,
    rootValue: operation.operation === 'mutation' ? mutationRoot : rootValue,
    contextValue,
    fieldResolver: resolveField,
    operationName: request.operationName,
    variableValues: request.variables,
  });
  const actual = Math.min(requested, queryCost(query, result.data ?? {}));
  bucket.refund(requested - actual);
  return {
    data: result.data,
    ...(result.errors && { errors: result.errors.map((error) => error.toJSON()) }),
    extensions: {
      cost: costOf(requested, actual, bucket),
      ...(contextValue.searches.length > 0 && { search: contextValue.searches }),
    },
  };
}

function isImplemented({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== 'mutation') return operation === 'query';
  return selectionSet.selections.every(
    (field) => field.kind === Kind.FIELD && Object.hasOwn(mutationRoot, field.name.value),
  );
}

/** Source: shopify.dev/docs/api/admin-graphql (status and error codes: THROTTLED arrives with HTTP 200). */
const THROTTLED: ShopifyError = {
  message: 'Throttled',
  extensions: { code: 'THROTTLED', documentation: RATE_LIMITS },
};

/** Source: shopify.dev/docs/api/usage/limits (single query limit, on the requested cost). */
function tooExpensive(cost: number): ShopifyError {
  return {
    message: `Query cost is ${cost}, which exceeds the single query max cost limit (${MAX_QUERY_COST}).`,
    extensions: { code: 'MAX_COST_EXCEEDED', cost, maxCost: MAX_QUERY_COST, documentation: RATE_LIMITS },
  };
}

/**
 * Removes messages that can quote a literal. Only messages in Shopify's wording are known to name only
 * fields.
 */
function withoutValues({ message, path = [], extensions }: ShopifyError): string {
  const namesOnly = extensions && extensions['code'] !== 'invalidDocument';
  return namesOnly ? message : `not valid at ${path.join('.') || 'its syntax'}`;
}

function refuse(shop: ServedShop, rule: string, error: ShopifyError): GraphqlReply {
  shop.violated(rule, error.message);
  return { errors: [error] };
}

function costOf(requestedQueryCost: number, actualQueryCost: number | null, bucket: Bucket) {
  return { requestedQueryCost, actualQueryCost, throttleStatus: bucket.status() };
}
