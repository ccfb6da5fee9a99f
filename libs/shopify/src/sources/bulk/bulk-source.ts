import { readShopifyTime } from '@core/contracts';
import { DENIED_DATA } from '../../answers/merchant-messages.ts';
import { type QueryCost, ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopifyClient } from '../../client/client.ts';
import { FileRefused, readFile } from './read-file.ts';
import { readBulkCursor, toStart, type BulkCursor } from './cursor.ts';
import type { CheckFileUrl } from './file-hosts.ts';
import { createFileUrls, type ResultFile } from './file-urls.ts';
import { askOperation, LOOK_COST, START_COST, type Operation } from './operation.ts';
import { parseLines } from './parse-lines.ts';
import { findOperation } from './start.ts';
import { readNodes } from '../graphql/customer-node.ts';
import type { FileQuery, Limit, Source, SourcePage, SourceQuery } from '../source.ts';

/** "url and partialDataUrl values expire after seven days." (the schema's BulkOperation) */
const URL_LIFE_MS = 7 * 86_400_000;
const FIRST_POLL_MS = 200;
/** Of a poll's wait to the one before: a file lies unread for a sixth of the time that it took, at most. */
const POLL_GROWTH = 1.2;
const LONGEST_POLL_MS = 10_000;
const PAUSE_AFTER_FAILURE_MS = 5_000;
/** Then the slice is read by pages: what Shopify could not prepare so often it cannot. */
const MOST_FAILURES = 3;

/**
 * Customers by a bulk operation: Shopify writes a file, which is read in pages from where the last one ended. A fetch
 * starts the operation, or asks how far it is and reads the first page.
 *
 * An operation that failed may leave a part of its file: it is imported, and then the *whole* slice is run anew. To
 * run only what is missing would need an order of the file that nobody promises ("partial or incomplete"), while rows
 * that are read twice write nothing.
 * @param pages reads the slice in the end when operations fail again and again
 * @param options checkFileUrl: called before a file is requested
 */
export function createBulkSource(
  client: ShopifyClient,
  pages: Source,
  { checkFileUrl, timeoutMs }: { checkFileUrl: CheckFileUrl; timeoutMs?: number | undefined },
): Source {
  const files = createFileUrls();

  async function readPage(query: FileQuery, cursor: BulkCursor, file: ResultFile): Promise<SourcePage> {
    const { lines, bytes, end } = await readFile({
      url: file.url,
      line: cursor.line,
      byte: cursor.byte,
      signal: query.signal,
      timeoutMs,
    });
    const { customers, ids } = readNodes(parseLines(lines, file.partial && end), query.idsOnly);
    const next = { ...cursor, line: cursor.line + lines.length, byte: cursor.byte + bytes };
    return {
      customers,
      ids,
      next: end ? (file.partial ? write(toStart(cursor.failures + 1)) : null) : write(next),
      wait: null,
      cost: null,
    };
  }

  async function goOn(query: SourceQuery, cursor: BulkCursor, id: string): Promise<SourcePage> {
    const { found, cost } = await askOperation(client, query, id);
    if (!found) return anew(cursor, cost);
    // By us, when the run was cancelled that goes on now: nothing failed.
    if (found.status === 'CANCELED') return { ...NOTHING, next: write(toStart(cursor.failures)), cost };
    const { status, url, partialDataUrl, completedAt, errorCode } = found;
    if (['CREATED', 'RUNNING', 'CANCELING'].includes(status)) return notYet(found, cursor, cost);
    // A shop that has none gives no file.
    if (status === 'COMPLETED' && url === null) return { ...NOTHING, next: null, cost };
    if (errorCode === 'ACCESS_DENIED') throw new ShopifyRejected(DENIED_DATA);
    const fileUrl = url ?? partialDataUrl;
    if (fileUrl === null || status === 'EXPIRED') return anew(cursor, cost);
    checkFileUrl(fileUrl);
    const completed = readShopifyTime(completedAt ?? found.createdAt);
    if (!completed) throw new UnusableAnswer('other_form', 'a bulk operation without its time');
    const expires = new Date(completed.getTime() + URL_LIFE_MS).toISOString();
    const file = { url: fileUrl, partial: status !== 'COMPLETED', expires };
    files.keep(query.shop, id, file);
    try {
      return { ...(await readPage(query, { ...cursor, expires }, file)), cost };
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      return anew(cursor, cost);
    }
  }

  return {
    name: 'bulk',
    limitAt(stored) {
      const cursor = readBulkCursor(stored);
      if (isReadByPages(cursor)) return pages.limitAt(cursor.pages ?? null);
      return { api: 'graphql', cost: cursor.operation === null ? LOOK_COST : START_COST };
    },
    async fetchFile(query) {
      const cursor = readBulkCursor(query.cursor);
      const { operation: id } = cursor;
      const file = id === null ? undefined : files.get(query.shop, id);
      if (id === null || !file) return null;
      try {
        return await readPage(query, cursor, file);
      } catch (error) {
        if (!(error instanceof FileRefused)) throw error;
        files.drop(query.shop, id);
        return null;
      }
    },
    async fetch(query) {
      const cursor = readBulkCursor(query.cursor);
      if (isReadByPages(cursor)) {
        const page = await pages.fetch({ ...query, cursor: cursor.pages ?? null });
        return { ...page, next: page.next && write({ ...cursor, pages: page.next }) };
      }
      if (cursor.operation !== null) return goOn(query, cursor, cursor.operation);
      const { found, start, cost } = await findOperation(client, query);
      if (!start) return begun(found, cursor, cost);
      const send = async (accessToken: string) => {
        const started = await start(accessToken);
        return begun(started.found, cursor, started.cost);
      };
      const limit: Limit = { api: 'graphql', cost: START_COST };
      return { ...NOTHING, next: write(cursor), cost, further: { limit, send } };
    },
  };
}

const NOTHING = { customers: [], ids: [], wait: null };
const NO_PLACE = { waitMs: LONGEST_POLL_MS, reason: 'Other bulk operations of the shop are still at work' };

const write = (cursor: BulkCursor): string => JSON.stringify(cursor);

const isReadByPages = ({ failures }: BulkCursor): boolean => failures >= MOST_FAILURES;

/** @param found null: all places are taken */
const begun = (found: Operation | null, cursor: BulkCursor, cost: QueryCost | null): SourcePage =>
  found
    ? notYet(found, { ...cursor, operation: found.id }, cost)
    : { ...NOTHING, next: write(cursor), wait: NO_PLACE, cost };

function notYet({ objectCount }: Operation, cursor: BulkCursor, cost: QueryCost | null): SourcePage {
  const waitMs = Math.min(
    LONGEST_POLL_MS,
    Math.round(FIRST_POLL_MS * POLL_GROWTH ** Math.min(30, cursor.polls)),
  );
  const reason = `Shopify prepares the file: ${Number(objectCount).toLocaleString('en')} customers so far`;
  return {
    ...NOTHING,
    next: write({ ...cursor, polls: cursor.polls + 1 }),
    wait: { waitMs, reason },
    cost,
  };
}

function anew({ failures }: BulkCursor, cost: QueryCost | null): SourcePage {
  const reason = 'Shopify could not prepare the file; it is asked again';
  return {
    ...NOTHING,
    next: write(toStart(failures + 1)),
    wait: { waitMs: PAUSE_AFTER_FAILURE_MS, reason },
    cost,
  };
}
