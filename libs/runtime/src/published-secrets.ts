/**
 * Every secret that the source publishes for development: in infra/docker/dev.env, in the stand-ins, as
 * placeholders in .env.example. Every reader of the source knows them. A spec collects the secrets of all
 * committed files and fails when one is missing here.
 */
const PUBLISHED: readonly string[] = [
  // infra/docker/dev.env
  'dev-superuser',
  'dev-owner',
  'dev-replication',
  'dev-api',
  'dev-worker',
  'dev-importer',
  'dev-sealer',
  'dev-client-secret',
  'ZGV2LW9ubHkta2V5LW5vdC1mb3ItcHJvZHVjdGlvbiE=',
  // The access token of the stand-in.
  'shpat_dev',
  // The api of the abuse suites.
  'secret',
  // .env.example
  '<password>',
  '<client secret>',
  '<base64 of 32 random bytes>',
];

const BASE64_KEY = /^[\w+/-]{42,44}={0,2}$/;

/**
 * Returns the canonical spelling of a 32-byte key: decoders also accept it without padding and in the URL
 * alphabet.
 */
const spelling = (part: string): string =>
  part.length <= 46 && BASE64_KEY.test(part) ? Buffer.from(part, 'base64').toString('base64') : part;

const known = new Set(PUBLISHED.map(spelling));

/**
 * Returns whether a secret, or a part of a composite one (`id:key,id:key`, `mechanism:user:password`), is
 * published.
 */
export const isPublished = (value: string): boolean =>
  [value, ...value.split(/[,:]/)].some((part) => known.has(spelling(part.trim())));

/** Returns every text in the parsed value of a variable: a word, a list, a record. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
