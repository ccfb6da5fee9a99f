import { GraphQLError } from 'graphql';
import type { GraphQLSchema } from 'graphql';
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
