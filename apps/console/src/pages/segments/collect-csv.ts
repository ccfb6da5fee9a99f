/** A line of a customer starts with the id; a cell may contain line breaks. */
const CUSTOMER = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12},/gm;

/**
 * Collects the parts of a segment's file. Each is a Blob at once: the browser may keep Blobs on disk, and it
 * keeps texts in memory.
 * @param onCustomers called with the number of customers so far
 * @throws the error of the stream; what has arrived is then dropped, because only a whole file is true
 */
export async function collectCsv(
  parts: AsyncIterable<{ csv: string }>,
  onCustomers: (count: number) => void,
): Promise<Blob> {
  const blobs: Blob[] = [];
  let customers = 0;
  for await (const { csv } of parts) {
    blobs.push(new Blob([csv]));
    customers += csv.match(CUSTOMER)?.length ?? 0;
    onCustomers(customers);
  }
  return new Blob(blobs, { type: 'text/csv;charset=utf-8' });
}

/** Returns a name that every file system accepts. */
export const fileNameOf = (segment: string): string =>
  `segment-${segment.replaceAll(/[^\p{L}\p{N}_-]+/gu, '-').replaceAll(/^-|-$/g, '') || 'all'}.csv`;
