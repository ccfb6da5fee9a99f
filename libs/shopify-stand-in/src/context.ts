import { GraphQLError } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { hasScope } from './oauth/scopes.ts';
import type { ServedShop } from './shop.ts';

export interface SearchWarning {
  path: string[];
  query: string;
  warnings: { field: string; message: string; code: string }[];
}

/** The data that the resolvers of one GraphQL request work with. */
export interface Context {
  shop: ServedShop;
  schema: GraphQLSchema;
  version: string;
  /** The stand-in's address, as the client wrote it. */
  origin: string;
  /** Filled during execution; becomes extensions.search. */
  searches: SearchWarning[];
}

export function refused({ shop }: Context, rule: string, message: string): GraphQLError {
  shop.violated(rule, message);
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

/**
 * Counts an unimplemented feature, even if it is not the client's fault: a test must not pass because of it.
 */
export function unsupported({ shop }: Context, what: string): GraphQLError {
  shop.violated('unsupported', what);
  return new GraphQLError(`The stand-in does not implement ${what}.`, {
    extensions: { code: 'STAND_IN_UNSUPPORTED' },
  });
}

/**
 * Throws when the scope of a field was not granted. No violation: a merchant may grant less than the app
 * requests, and the reply tells the app.
 * Source: shopify.dev/docs/api/usage/access-scopes, shopify.dev/docs/api/admin-graphql (ACCESS_DENIED).
 */
export function requireScope({ shop }: Context, field: string, scope: string): void {
  if (!shop.rules.broken('access-scope', !hasScope(shop.scopes, scope))) return;
  const requiredAccess = `\`${scope}\` access scope.`;
  throw new GraphQLError(`Access denied for ${field} field. Required access: ${requiredAccess}`, {
    extensions: {
      code: 'ACCESS_DENIED',
      documentation: 'https://shopify.dev/api/usage/access-scopes',
      requiredAccess,
    },
  });
}
