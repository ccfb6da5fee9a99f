import { readShopifyTime } from '@core/contracts';
import { CustomersWithheld, EmailsWithheld, UnusableAnswer } from '../../answers/errors.ts';
import { confirmNulls, requireEmails } from '../../read-customer-access.ts';
import { emailOf, readNodes, type CustomerNode } from '../graphql/customer-node.ts';
import type { BulkCursor, GraphqlCursor } from '../cursor.ts';
import type { Page, Reading, Source } from '../source.ts';
import { createFileUrls, type FileUrls, type ResultFile } from './file-urls.ts';
import { bulkQuery, fetchOperation, type Operation } from './operation.ts';
import { allSlotsBusy, noFile, stillPreparing, toStart } from './not-ready.ts';
import { parseLines } from './parse-lines.ts';
import { FileRefused, readFile } from './read-file.ts';
import { asksForEmail, startOperation } from './start.ts';

/** "url and partialDataUrl values expire after seven days." (the schema's BulkOperation) */
const URL_LIFE_MS = 7 * 86_400_000;
/** After this many failures Shopify cannot prepare the slice. The slice is then read in pages. */
const MAX_FAILURES = 3;

type BulkPage = Page<BulkCursor>;

/**
 * Reads customers with a bulk operation. Shopify writes a file, which is read in pages; each page starts
 * where the previous one ended.
 *
 * A failed operation may leave a partial file. The source imports it and then runs the *whole* slice again.
 * Running only the missing part would require an order in the file, which Shopify does not promise ("partial
 * or incomplete"). Rows that are read twice write nothing.
 * @param openPages reads the slice in pages after operations have failed repeatedly
 */
export function createBulkSource(
  openPages: (reading: Reading) => Source<GraphqlCursor>,
): (reading: Reading) => Source<BulkCursor> {
  const files = createFileUrls();
  return (reading) => ({
    async next(stored) {
      const cursor = stored ?? toStart(0);
      if (cursor.failures >= MAX_FAILURES) {
        const page = await openPages(reading).next(cursor.pages ?? null);
        return { ...page, next: page.next && { ...cursor, pages: page.next } };
      }
      const { operation } = cursor;
      if (operation === null) return beginOperation(reading, cursor);
      return (
        (await readKnownFile(files, reading, cursor, operation)) ??
        continueOperation(files, reading, cursor, operation)
      );
    },
  });
}

async function beginOperation(reading: Reading, cursor: BulkCursor): Promise<never> {
  const started = await startOperation(reading);
  if (started) throw stillPreparing({ ...cursor, operation: started.id }, started);
  throw allSlotsBusy(cursor);
}

/**
 * Reads a page of a known file. Returns null if this process knows no usable file. Sends nothing to the Admin
 * API.
 */
async function readKnownFile(
  files: FileUrls,
  reading: Reading,
  cursor: BulkCursor,
  operation: string,
): Promise<BulkPage | null> {
  const { shop } = reading.client;
  const file = files.get(shop, operation);
  if (!file) return null;
  try {
    return await readPage(reading, cursor, file);
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    files.drop(shop, operation);
    return null;
  }
}

/** Requests the state of the operation, and reads the first page of its file. */
async function continueOperation(
  files: FileUrls,
  reading: Reading,
  cursor: BulkCursor,
  operation: string,
): Promise<BulkPage> {
  const { client } = reading;
  const found = await fetchOperation(client, operation);
  if (!found) throw noFile(cursor);
  const { status, url, partialDataUrl, errorCode } = found;
  // We cancelled it together with a run that is now resumed: nothing failed.
  if (status === 'CANCELED') return { ...NO_CUSTOMERS, next: toStart(cursor.failures) };
  if (['CREATED', 'RUNNING', 'CANCELING'].includes(status)) throw stillPreparing(cursor, found);
  // A shop without customers gets no file.
  if (status === 'COMPLETED' && url === null) return { ...NO_CUSTOMERS, next: null };
  if (errorCode === 'ACCESS_DENIED') {
    // Started before the run learned that emails are withheld: another one without them may succeed.
    if (found.query !== bulkQuery(reading)) return { ...NO_CUSTOMERS, next: toStart(cursor.failures) };
    throw asksForEmail(reading) ? new EmailsWithheld() : new CustomersWithheld();
  }
  const fileUrl = url ?? partialDataUrl;
  if (fileUrl === null || status === 'EXPIRED') throw noFile(cursor);
  if (asksForEmail(reading)) await requireEmails(client);
  const file = { url: fileUrl, partial: status !== 'COMPLETED', expires: endOfUrl(found) };
  files.keep(client.shop, operation, file);
  try {
    return await readPage(reading, { ...cursor, expires: file.expires }, file);
  } catch (error) {
    if (!(error instanceof FileRefused)) throw error;
    throw noFile(cursor);
  }
}

async function readPage(
  reading: Reading,
  cursor: BulkCursor,
  { url, partial }: ResultFile,
): Promise<BulkPage> {
  const { client, idsOnly } = reading;
  const { lines, bytes, end } = await readFile(client, { url, line: cursor.line, byte: cursor.byte });
  const nodes = parseLines(lines, partial && end);
  if (asksForEmail(reading)) await confirmNulls(client, nodes.map(emailOf));
  const { customers, ids } = readNodes(asksForEmail(reading) ? nodes : nodes.map(withoutEmail), idsOnly);
  const next = { ...cursor, line: cursor.line + lines.length, byte: cursor.byte + bytes };
  return { customers, ids, next: end ? (partial ? toStart(cursor.failures + 1) : null) : next };
}

/** An operation that was started with the email is still read when the email is withheld. */
const withoutEmail = (node: CustomerNode | null): CustomerNode | null =>
  node && { ...node, defaultEmailAddress: undefined };

const NO_CUSTOMERS = { customers: [], ids: [] };

function endOfUrl({ completedAt, createdAt }: Operation): string {
  const completed = readShopifyTime(completedAt ?? createdAt);
  if (!completed) throw new UnusableAnswer('other_form', 'the bulk operation has no valid time');
  return new Date(completed.getTime() + URL_LIFE_MS).toISOString();
}
