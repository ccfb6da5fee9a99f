/** How the tables of a test database are laid out; see CONTRIBUTING. */
export type Layout = 'plain' | 'partitioned';

export const TEST_LAYOUT = 'CORE_TEST_LAYOUT';

/** How many partitions each table of merchants has in the partitioned layout. */
export const PARTITIONS = 4;

/** The layout of this run. @throws Error for one that there is not: a misspelt one would pass for the ordinary one */
export function testLayout(): Layout {
  const text = process.env[TEST_LAYOUT];
  if (!text) return 'plain';
  if (text === 'partitioned') return text;
  throw new Error(`${TEST_LAYOUT} is "partitioned" or not set, and not "${text}"`);
}

/** Partitions bear their remainder, so that a plan says by itself which part of which table it reads. */
export const partitionName = (table: string, remainder: number): string => `${table}_p${remainder}`;

/** The remainder of a partition that a plan names; undefined for any other relation. */
export function remainderOf(relation: string): number | undefined {
  const [, remainder] = /_p(\d)$/.exec(relation) ?? [];
  return remainder === undefined ? undefined : Number(remainder);
}
