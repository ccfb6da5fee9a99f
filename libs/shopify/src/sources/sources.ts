import { createBulkSource } from './bulk/bulk-source.ts';
import { createGraphqlSource } from './graphql/graphql-source.ts';
import type { Cursors } from './cursor.ts';
import { createRestSource } from './rest/rest-source.ts';
import type { Reading, Source } from './source.ts';

export type SourceName = 'graphql' | 'rest' | 'bulk';
export type Sources = { [Name in SourceName]: (reading: Reading) => Source<Cursors[Name]> };

/** Creates all sources. Create them once per process: they remember page sizes of shops and URLs of files. */
export function createSources(): Sources {
  const graphql = createGraphqlSource();
  return { graphql, rest: createRestSource, bulk: createBulkSource(graphql) };
}
