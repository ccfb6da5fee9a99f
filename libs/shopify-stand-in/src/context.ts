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
  /** The stand-in's own address, as the client wrote it. */
  origin: string;
  /** Filled while the query runs; becomes extensions.search. */
  searches: SearchWarning[];
}

export function refused({ shop }: Context, rule: string, message: string): GraphQLError {
  shop.violated(rule, message);
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

/** Not the client's fault perhaps, but counted all the same: a test must not pass on what was never played. */
export function unplayed({ shop }: Context, what: string): GraphQLError {
  shop.violated('unplayed', what);
  return new GraphQLError(`The stand-in does not play ${what}.`, {
    extensions: { code: 'STAND_IN_UNPLAYED' },
  });
}
