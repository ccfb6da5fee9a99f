import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Shop } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import type { ShopClient } from '../src/client/shop-client.ts';
import { cancelBulk } from '../src/sources/bulk/cancel-bulk.ts';
import { toStart } from '../src/sources/bulk/not-ready.ts';
import { readFile } from '../src/sources/bulk/read-file.ts';
import { PAGE_LINES } from '../src/sources/bulk/read-lines.ts';
import { PAGE_COST } from '../src/sources/graphql/graphql-source.ts';
import { readCursor } from '../src/sources/cursor.ts';
import { createSources } from '../src/sources/sources.ts';
import { clientAs } from './client-as.ts';
import {
  ask,
  distinct,
  expectedOf,
  numberOf,
  useSources,
  readAll,
  type SourcePage,
} from './sources-driver.ts';

const seed = randomBytes(4).toString('hex');

describe(`the bulk source (seed ${seed})`, () => {
  const open = useSources(seed);

  const fetchBulk = (shop: Shop, cursor: string | null = null, range = {}) =>
    open().sources.bulk.fetch(ask(shop, cursor, range));
  const started = async (shop: Shop, range = {}): Promise<string> => {
    const { next } = await fetchBulk(shop, null, range);
    return next as string;
  };
  const ended = (shop: Shop) =>
    waitUntil(
      () => Promise.resolve(shop.bulk.list().every(({ status }) => !['CREATED', 'RUNNING'].includes(status))),
      { what: 'all operations to end' },
    );
  const hold = (shop: Shop) => {
    shop.bulk.pace.rowsPerSecond = 0;
  };
  const letGo = (shop: Shop) => {
    shop.bulk.pace.rowsPerSecond = Infinity;
  };

  it('reads a large shop in small pages, each a bounded range of the file', async () => {
    const shop = open().shop(20_000);
    const sizes: number[] = [];
    const ids: number[] = [];
    await readAll(open().sources.bulk, shop, {
      onPage: ({ customers, ids: ofPage }) => {
        sizes.push(customers.length);
        ids.push(...ofPage);
      },
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(PAGE_LINES);
    expect(sizes.filter(Boolean).length).toBeGreaterThanOrEqual(10);
    expect(ids).toHaveLength(20_000);
    expect(new Set(ids)).toEqual(new Set([...shop.all()].map(numberOf)));
    expect(shop.bulk.list()).toHaveLength(1);
  });

  it('reports the progress of the file, and polls with growing intervals', async () => {
    const shop = open().shop(1_500);
    hold(shop);
    let cursor = await started(shop);
    const waits: number[] = [];
    for (let i = 0; i < 24; i++) {
      const { wait, next, customers } = await fetchBulk(shop, cursor);
      expect(customers).toEqual([]);
      expect(wait?.reason).toBe('Shopify is preparing the file: 0 customers so far');
      waits.push(wait?.waitMs ?? 0);
      cursor = next as string;
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits.at(-1)).toBe(10_000);
    letGo(shop);
    expect((await readAll(open().sources.bulk, shop, { cursor })).ids).toHaveLength(1_500);
  });

  it('imports the partial file of a failed operation, and runs the slice again', async () => {
    const shop = open().shop(1_200);
    shop.bulk.pace.failures.push({ afterRows: 700, errorCode: 'TIMEOUT' });
    const read = await readAll(open().sources.bulk, shop);
    expect(read.ids).toHaveLength(700 + 1_200);
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
    expect(shop.bulk.list().map(({ status }) => status)).toEqual(['COMPLETED', 'FAILED']);
  });

  it('runs an operation again that failed before its first row', async () => {
    const shop = open().shop(1_200);
    shop.bulk.pace.failures.push({ afterRows: 0, errorCode: 'INTERNAL_SERVER_ERROR' });
    const read = await readAll(open().sources.bulk, shop);
    expect(read.waits).toContain('Shopify could not prepare the file; it is requested again');
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it('reads in pages what Shopify repeatedly cannot prepare', async () => {
    const shop = open().shop(1_200);
    for (const afterRows of [500, 0, 900]) shop.bulk.pace.failures.push({ afterRows, errorCode: 'TIMEOUT' });
    const read = await readAll(open().sources.bulk, shop);
    expect(shop.bulk.list()).toHaveLength(3);
    expect(read.ids).toHaveLength(500 + 900 + 1_200);
    // Such a page has the cost of a page, not the cost of starting an operation.
    const byPages = read.pages.findIndex(({ ids }) => ids.length === 250);
    expect(read.pages[byPages]!.asked).toEqual([{ api: 'graphql', cost: PAGE_COST }]);
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it('continues at the same byte after the file was interrupted', async () => {
    const shop = open().shop(6_000);
    const read = await readAll(open().sources.bulk, shop, {
      onPage: ({ ids }) => {
        if (ids.length > 0 && ids.length < 6_000) shop.fault({ kind: 'truncate', on: 'file' });
      },
    });
    expect(read.ids).toHaveLength(6_000);
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it.each(['drop', 'http503', 'http429'] as const)('recovers from %s of the file', async (kind) => {
    const shop = open().shop(3_000);
    shop.fault({ kind, on: 'file' });
    const read = await readAll(open().sources.bulk, shop);
    const expectedErrors = {
      drop: ['ShopifyUnavailable'],
      http503: ['UnusableAnswer'],
      http429: expect.any(Array),
    };
    expect(read.errors).toEqual(expectedErrors[kind]);
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it('runs the slice again when its file has expired', async () => {
    const shop = open().shop(5_000);
    let expired = false;
    const read = await readAll(open().sources.bulk, shop, {
      onPage: ({ ids }) => {
        if (ids.length > 0 && !expired) shop.bulk.expire();
        expired ||= ids.length > 0;
      },
    });
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
    expect(shop.bulk.list().map(({ status }) => status)).toEqual(['COMPLETED', 'EXPIRED']);
    expect(read.errors).toEqual([]);
  });

  it('runs the slice again when Shopify does not know its operation', async () => {
    const shop = open().shop(300);
    const cursor = (await started(shop)).replace(/BulkOperation\/\d+/, 'BulkOperation/1');
    expect(distinct((await readAll(open().sources.bulk, shop, { cursor })).customers)).toEqual(
      expectedOf(shop),
    );
  });

  it('estimates the cost of its first requests correctly: the operations, the access to emails, and the start', async () => {
    const shop = open().shop(10);
    const { asked, costs } = await fetchBulk(shop);
    expect(asked).toHaveLength(3);
    expect(costs.map((cost) => cost?.requested)).toEqual(asked.map(({ cost }) => cost));
  });

  it('runs five operations concurrently, and delays a sixth until one is done', async () => {
    const shop = open().shop(600);
    hold(shop);
    const at = (index: number) => shop.get(index)?.createdAt as string;
    const ranges = [0, 1, 2, 3, 4, 5].map((i) => ({
      createdFrom: at(i * 100),
      ...(i < 5 && { createdTo: at((i + 1) * 100) }),
    }));
    const five = await Promise.all(ranges.slice(0, 5).map((range) => started(shop, range)));
    const sixth = await fetchBulk(shop, null, ranges[5]);
    expect(sixth.wait?.reason).toBe('Other bulk operations of the shop are still running');
    expect(shop.bulk.list()).toHaveLength(5);
    letGo(shop);
    await ended(shop);
    const reads = await Promise.all(
      [...five, sixth.next].map((cursor, i) =>
        readAll(open().sources.bulk, shop, { cursor, range: ranges[i] ?? {} }),
      ),
    );
    expect(reads.map(({ ids }) => ids.length)).toEqual([100, 100, 100, 100, 100, 100]);
  });

  it('adopts an operation that it started but could not record', async () => {
    const shop = open().shop(400);
    hold(shop);
    const [lost, again] = [await started(shop), await started(shop)];
    expect(again).toBe(lost);
    expect(shop.bulk.list()).toHaveLength(1);
    const other = await started(shop, { createdFrom: '2020-01-01T00:00:00Z' });
    expect(other).not.toBe(lost);
    letGo(shop);
  });

  it('cancels its operation, and runs it again when the import is resumed', async () => {
    const shop = open().shop(400);
    hold(shop);
    const cursor = await started(shop);
    await cancelBulk(open().client(shop), readCursor('bulk', cursor));
    await waitUntil(() => Promise.resolve(shop.bulk.list()[0]?.status === 'CANCELED'), { what: 'the end' });
    await cancelBulk(open().client(shop), readCursor('bulk', cursor)); // already cancelled: no error
    await cancelBulk(open().client(shop), null);
    letGo(shop);
    const read = await readAll(open().sources.bulk, shop, { cursor });
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it('exposes the file’s address neither in its cursor nor in an error', async () => {
    const shop = open().shop(3_000);
    const seen: string[] = [];
    const { errors } = await readAll(open().sources.bulk, shop, {
      onPage: ({ next }: SourcePage) => {
        seen.push(next ?? '');
        if (seen.length === 2) shop.fault({ kind: 'http503', on: 'file' });
      },
    });
    expect(seen.length).toBeGreaterThan(2);
    expect([...seen, ...errors].join()).not.toMatch(/http|Signature/);
  });
});

describe('readFile', () => {
  // Not a signal with a timeout: it would start with the file, and earlier specs would use it up.
  const { signal } = new AbortController();
  const fileClient = (baseUrl: string) =>
    clientAs(
      { baseUrl, apiVersion: '2026-10', timeoutMs: 300_000 },
      { shop: 'a.myshopify.com', accessToken: 't', signal },
    );
  const someFiles = fileClient('http://127.0.0.1/{shop}');
  const LINE = `${JSON.stringify({ id: 'x'.repeat(90) })}\n`;

  it('skips to the byte when a server does not support ranges', async () => {
    const body = LINE.repeat(30_000);
    const server = createServer((request, response) => {
      expect(request.headers['x-shopify-access-token']).toBeUndefined();
      expect(request.headers.range).toMatch(/^bytes=\d+-\d+$/);
      response.end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
    try {
      let [line, byte, text, end] = [0, 0, '', false];
      while (!end) {
        const page = await readFile(someFiles, { url, line, byte });
        expect(page.lines.length).toBeLessThanOrEqual(PAGE_LINES);
        line += page.lines.length;
        byte += page.bytes;
        text += page.lines.map((line) => `${line}\n`).join('');
        end = page.end;
      }
      expect(byte).toBe(body.length);
      expect(text === body).toBe(true);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('reads ranges over reused connections, with lines longer than a page, until a 416', async () => {
    const body = Buffer.from(`${LINE.repeat(25_000)}${'y'.repeat(3_000_000)}\n${LINE}`);
    let [connections, asked] = [0, 0];
    const server = createServer((request, response) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const part = body.subarray(Number(from), Number(to) + 1);
      asked++;
      if (part.length === 0) response.writeHead(416).end();
      else
        response
          .writeHead(206, { 'content-range': `bytes ${from}-${Number(from) + part.length - 1}/*` })
          .end(part);
    }).listen(0, '127.0.0.1');
    server.on('connection', () => connections++);
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
    try {
      let [line, byte, end] = [0, 0, false];
      const text: string[] = [];
      while (!end) {
        const page = await readFile(someFiles, { url, line, byte });
        line += page.lines.length;
        byte += page.bytes;
        text.push(...page.lines);
        end = page.end;
      }
      expect(byte).toBe(body.length);
      expect(text.map((each) => `${each}\n`).join('') === body.toString()).toBe(true);
      expect(asked).toBeGreaterThan(12);
      // One connection, or two alternating ones: the next request may be sent before fetch has released the
      // last connection.
      expect(connections).toBeLessThanOrEqual(2);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('requests no file outside of Shopify’s hosts, and follows no redirect there', async () => {
    let knocked = 0;
    const server = createServer((_request, response) => {
      knocked++;
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file?Signature=secret`;
    const bulkOperation = { id: 'gid://shopify/BulkOperation/7', status: 'COMPLETED', errorCode: null, url };
    const times = { createdAt: '2026-11-02T03:04:05Z', completedAt: '2026-11-02T03:04:05Z' };
    const graphql: ShopClient['graphql'] = async () => ({
      data: {
        bulkOperation: { ...bulkOperation, ...times, objectCount: '1', query: '', partialDataUrl: null },
      },
      cost: null,
    });
    const cursor = { ...toStart(0), operation: bulkOperation.id };
    const reading = (baseUrl: string) => {
      const client = { ...fileClient(baseUrl), graphql };
      return createSources().bulk({ client, range: {}, idsOnly: false, withoutEmail: true }).next(cursor);
    };
    try {
      const refused = reading('https://{shop}');
      await expect(refused).rejects.toThrow('at a host that is not allowed (http://127.0.0.1)');
      expect(knocked).toBe(0);
      // A server that imitates Shopify may have any address. Its redirects are not followed, and the file is
      // requested again, like a refused one.
      await expect(reading('http://127.0.0.1/{shop}')).rejects.toMatchObject({
        name: 'NotReady',
        cursor: toStart(1),
      });
      expect(knocked).toBe(1);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
