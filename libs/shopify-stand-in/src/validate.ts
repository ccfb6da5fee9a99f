import { BREAK, GraphQLError, parse, validate, visit } from 'graphql';
import type { ASTNode, DocumentNode } from 'graphql';
import { loadAdminSchema } from './schema.ts';

/**
 * An error in the format of Shopify's `errors[]`. Source: shopify.dev/docs/api/admin-graphql (status and
 * error codes).
 */
export interface ShopifyError {
  message: string;
  locations?: readonly { line: number; column: number }[] | undefined;
  path?: readonly (string | number)[];
  extensions?: Record<string, unknown>;
}

export type Prepared = { document: DocumentNode } | { errors: ShopifyError[] };

/** Returns the errors of a document against Shopify's schema of the version; empty for a valid document. */
export function validateAdminDocument(document: string, version: string): string[] {
  const prepared = prepare(document, version);
  return 'errors' in prepared ? prepared.errors.map(({ message }) => message) : [];
}

/** Parses and validates a document. Errors use Shopify's wording and format. */
export function prepare(source: string, version: string): Prepared {
  let document: DocumentNode;
  try {
    document = parse(source);
  } catch (error) {
    if (error instanceof GraphQLError)
      return { errors: [{ message: error.message, locations: error.locations }] };
    throw error;
  }
  const errors = validate(loadAdminSchema(version), document);
  return errors.length === 0
    ? { document }
    : { errors: errors.map((error) => inShopifysWords(error, document)) };
}

/**
 * The rules that clients break most often, in Shopify's wording and codes. Other errors keep graphql-js's
 * message.
 */
const WORDINGS: {
  pattern: RegExp;
  message: string;
  extensions: (found: string[]) => Record<string, string>;
}[] = [
  {
    pattern: /^Cannot query field "([^"]+)" on type "([^"]+)"/,
    message: "Field '$1' doesn't exist on type '$2'",
    extensions: ([fieldName = '', typeName = '']) => ({ code: 'undefinedField', typeName, fieldName }),
  },
  {
    pattern: /^Unknown argument "([^"]+)" on field "[^".]+\.([^"]+)"/,
    message: "Field '$2' doesn't accept argument '$1'",
    extensions: ([argumentName = '', name = '']) => ({
      code: 'argumentNotAccepted',
      name,
      typeName: 'Field',
      argumentName,
    }),
  },
];

function inShopifysWords(error: GraphQLError, document: DocumentNode): ShopifyError {
  const where = { locations: error.locations, path: pathTo(document, error.nodes?.[0]) };
  for (const { pattern, message, extensions } of WORDINGS) {
    const match = pattern.exec(error.message);
    if (match) {
      const words = message.replace('$1', match[1] ?? '').replace('$2', match[2] ?? '');
      return { message: words, ...where, extensions: extensions(match.slice(1)) };
    }
  }
  return { message: error.message, ...where, extensions: { code: 'invalidDocument' } };
}

/**
 * Shopify names the location by operation and response keys, e.g. ["query Page", "customers", "nodes", "x"].
 */
function pathTo(document: DocumentNode, target: ASTNode | undefined): string[] {
  let path: string[] = [];
  visit(document, {
    enter(node, _key, _parent, _path, ancestors) {
      if (node !== target) return undefined;
      path = [...ancestors, node].flatMap((step) => ('kind' in step ? stepName(step) : []));
      return BREAK;
    },
  });
  return path;
}

function stepName(node: ASTNode): string[] {
  if (node.kind === 'OperationDefinition') return [[node.operation, node.name?.value ?? ''].join(' ').trim()];
  if (node.kind === 'FragmentDefinition') return [`fragment ${node.name.value}`];
  if (node.kind === 'Field') return [node.alias?.value ?? node.name.value];
  return node.kind === 'Argument' ? [node.name.value] : [];
}
