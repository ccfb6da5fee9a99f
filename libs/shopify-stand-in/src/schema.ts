import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildClientSchema } from 'graphql';
import type { GraphQLSchema, IntrospectionQuery } from 'graphql';

/** The quarterly Admin API versions whose schema ships in @shopify/dev-mcp, oldest first. */
export const SUPPORTED_VERSIONS = ['2025-10', '2026-01', '2026-04', '2026-07', '2026-10'] as const;
export type ApiVersion = (typeof SUPPORTED_VERSIONS)[number];

const QUARTERLY = /^20\d\d-(01|04|07|10)$/;

/**
 * Returns the version that serves a request for `asked`. A supported version is served unchanged, a retired
 * one "falls forward" to the oldest supported one, and anything else does not exist (undefined).
 * Source: shopify.dev/docs/api/usage/versioning.
 */
export function servedVersion(asked: string): ApiVersion | undefined {
  const supported = SUPPORTED_VERSIONS.find((version) => version === asked);
  if (supported) return supported;
  return QUARTERLY.test(asked) && asked < SUPPORTED_VERSIONS[0] ? SUPPORTED_VERSIONS[0] : undefined;
}

const loaded = new Map<string, GraphQLSchema>();

/**
 * Loads Shopify's Admin schema of one version. It is built on first use (about 300 ms) and cached. Throws for
 * a version that the installed package does not contain.
 */
export function loadAdminSchema(version: string): GraphQLSchema {
  const known = loaded.get(version);
  if (known) return known;
  const file = schemaFile(version);
  const json = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as { data: IntrospectionQuery };
  const schema = buildClientSchema(json.data, { assumeValid: true });
  loaded.set(version, schema);
  return schema;
}

/**
 * Returns the filters that Shopify documents for the `query` argument of a root field. The table in the
 * argument's description is Shopify's list, so a new version brings its own list.
 */
export function documentedFilters(schema: GraphQLSchema, rootField: string): ReadonlySet<string> {
  const field = schema.getQueryType()?.getFields()[rootField];
  const argument = field?.args.find(({ name }) => name === 'query');
  const rows = (argument?.description ?? '').matchAll(/^\|\s*([a-z_]+)\s*\|/gm);
  return new Set(
    [...rows].map((row) => row[1] ?? '').filter((name) => name !== 'name' && name !== 'default'),
  );
}

/**
 * Finds the schema file. The package exports no path to its data, and this file runs as ESM and as CommonJS,
 * so neither `import.meta` nor `__dirname` is available. The lookup searches the node_modules folders from
 * the working directory upwards.
 */
function schemaFile(version: string): string {
  const name = '@shopify/dev-mcp';
  const folders = createRequire(join(process.cwd(), 'lookup.js')).resolve.paths(name) ?? [];
  const files = folders.map((folder) => join(folder, name, 'dist', 'data', `admin_${version}.json.gz`));
  const file = files.find((candidate) => existsSync(candidate));
  if (!file)
    throw new Error(
      `no Admin API schema for version ${version} in ${name}; searched node_modules from the working directory upwards`,
    );
  return file;
}
