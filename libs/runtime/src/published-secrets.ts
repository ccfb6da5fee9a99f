/**
 * Every value in the place of a secret that the source publishes, for development: in infra/docker/dev.env, in the
 * stand-ins, as placeholders in .env.example. Whoever reads the source knows them. A spec collects those of all
 * committed files and fails when one is not here.
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
  // The stand-in's access token.
  'shpat_dev',
  // .env.example
  '<password>',
  '<client secret>',
  '<base64 of 32 random bytes>',
];

const BASE64_KEY = /^[\w+/-]{42,44}={0,2}$/;

/** Of a key of 32 bytes its one spelling: decoders take it without padding, and in the alphabet of URLs, as well. */
const spelling = (part: string): string =>
  part.length <= 46 && BASE64_KEY.test(part) ? Buffer.from(part, 'base64').toString('base64') : part;

const known = new Set(PUBLISHED.map(spelling));

/** Whether a secret, or a part of one that is put together (`id:key,id:key`, `mechanism:user:password`), is published. */
export const isPublished = (value: string): boolean =>
  [value, ...value.split(/[,:]/)].some((part) => known.has(spelling(part.trim())));

/** Every text in what a variable was read as: a word, a list, a record. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
