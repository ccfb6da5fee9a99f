/** How the tables of a test database are laid out; see CONTRIBUTING. */
export type Layout = 'plain' | 'partitioned';

export const TEST_LAYOUT = 'CORE_TEST_LAYOUT';

/** The number of partitions of each table with a merchant_id, in the partitioned layout. */
export const PARTITIONS = 4;

/** Returns the layout of this run. @throws Error for any other value: a misspelt one would pass as plain */
export function testLayout(): Layout {
  const text = process.env[TEST_LAYOUT];
  if (!text) return 'plain';
  if (text === 'partitioned') return text;
  throw new Error(`${TEST_LAYOUT} must be "partitioned" or not set, but is "${text}"`);
}

/** Names a partition by its remainder, so that a query plan shows which partition of which table it reads. */
export const partitionName = (table: string, remainder: number): string => `${table}_p${remainder}`;

/** Returns the remainder of a partition named in a query plan; undefined for any other relation. */
export function remainderOf(relation: string): number | undefined {
  const [, remainder] = /_p(\d)$/.exec(relation) ?? [];
  return remainder === undefined ? undefined : Number(remainder);
}
