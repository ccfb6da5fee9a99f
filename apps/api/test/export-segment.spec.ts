import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { status, type ClientReadableStream } from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { bearer, createIssuer, waitUntil } from '@core/testing';
import { drain, failure, merchant, openApi, setScore, type TestApi } from './support.ts';

const core = CoreService.method;
const issuer = createIssuer();
let api: TestApi;
beforeAll(async () => void (api = await openApi({ env: issuer.env })));
afterAll(() => api.stop());

const HEAD = 'customer_id,external_id,segment,recency,frequency,monetary,score,as_of,shopify_rfm_group';
const SCOPES = 'rfm:read customers:read customers:write customers:pii';
const as = (scope: string) => ({ metadata: bearer(issuer.token({ scope })) });
const withPii = () => as(SCOPES);

interface Ask {
  merchantId: string;
  segment?: string;
  includeEmails?: boolean;
}
const textOf = (parts: readonly { csv: string }[]): string => parts.map(({ csv }) => csv).join('');
const exportBy = async (ask: Ask, options = withPii()): Promise<string> =>
  textOf(await drain(api.rpc.stream(core.exportSegment, ask, options)));

/** Calls the rpc by each protocol. */
const PROTOCOLS = {
  gRPC: (ask: Ask) => api.rpc.stream(core.exportSegment, ask, withPii()),
  Connect: (ask: Ask) => byHttp(createConnectTransport, ask),
  'gRPC-Web': (ask: Ask) => byHttp(createGrpcWebTransport, ask),
} satisfies Record<string, (ask: Ask) => AsyncIterable<{ csv: string }>>;
const byHttp = (transport: typeof createConnectTransport | typeof createGrpcWebTransport, ask: Ask) =>
  createClient(CoreService, transport({ baseUrl: api.url, httpVersion: '1.1' })).exportSegment(ask, {
    headers: withPii().metadata,
  });

/** Creates customers with scores. @returns their ids, in the order of `people` */
async function withCustomers(
  people: readonly {
    segment: string | null;
    externalId?: string;
    metadata?: object;
  }[],
  merchantId = merchant(),
) {
  const ids: string[] = [];
  for (const [n, { segment, externalId, metadata }] of people.entries()) {
    const email = `p${n}@example.com`;
    const request = {
      merchantId,
      email,
      externalId,
      metadata: metadata as Record<string, never>,
    };
    const { customerId } = await api.rpc.unary(core.createCustomer, request, withPii());
    if (segment !== null) await setScore(api.owner, customerId, [5, 4, 3], segment);
    ids.push(customerId);
  }
  await api.replicated();
  return { merchantId, ids };
}

const disclosedIn = async (merchantId: string): Promise<number> => {
  const { rows } = await api.owner.query(
    `select 1 from audit_log where merchant_id = $1 and action = 'customer.email_disclosed'`,
    [merchantId],
  );
  return rows.length;
};

describe('ExportSegment', () => {
  it.each(Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[])(
    'streams the file over %s',
    async (protocol) => {
      const { merchantId, ids } = await withCustomers([
        {
          segment: 'LOYAL',
          externalId: '7',
          metadata: { rfm_group: 'CHAMPIONS' },
        },
        {
          segment: 'LOYAL',
          metadata: { rfm_group: 'a group that Shopify does not have' },
        },
        { segment: 'ACTIVE' },
        { segment: null, metadata: { rfm_group: 'PROSPECTS' } },
        { segment: 'LOYAL' },
      ]);
      await api.owner.query('update customers set deleted_at = now() where id = $1', [ids[4]]);
      await withCustomers([{ segment: 'LOYAL' }]);
      const score = '5,4,3,543,2026-01-02T03:04:05.678Z';
      const loyal = [
        `${ids[0]},gid://shopify/Customer/7,LOYAL,${score},CHAMPIONS`,
        `${ids[1]},,LOYAL,${score},`,
      ];
      const read = async (ask: Ask) => textOf(await drain(PROTOCOLS[protocol](ask)));
      expect(await read({ merchantId, segment: 'LOYAL' })).toBe([HEAD, ...loyal, ''].join('\r\n'));
      expect(await read({ merchantId })).toBe(
        [HEAD, ...loyal, `${ids[2]},,ACTIVE,${score},`, ''].join('\r\n'),
      );
      expect(await read({ merchantId, segment: 'NOBODY' })).toBe(`${HEAD}\r\n`);
      expect(await disclosedIn(merchantId)).toBe(0);
    },
  );

  it('writes no cell that a spreadsheet takes for a formula', async () => {
    const segment = '=HYPERLINK("http://x")';
    const { merchantId, ids } = await withCustomers([{ segment, externalId: '@SUM(1,2)' }]);
    const [, line] = (await exportBy({ merchantId, segment })).split('\r\n');
    expect(line).toBe(
      `${ids[0]},"'@SUM(1,2)","'=HYPERLINK(""http://x"")",5,4,3,543,2026-01-02T03:04:05.678Z,`,
    );
  });

  it('has emails only for a caller with customers:pii who asks, and records them as disclosed', async () => {
    const { merchantId, ids } = await withCustomers([{ segment: 'LOYAL' }, { segment: 'LOYAL' }]);
    const ask = { merchantId, segment: 'LOYAL' };
    expect(await exportBy(ask)).not.toContain('@');
    expect(await disclosedIn(merchantId)).toBe(0);
    const refusal = await failure(
      exportBy({ ...ask, includeEmails: true }, as('rfm:read customers:read imports:write settings:write')),
    );
    expect(refusal).toEqual({
      code: status.PERMISSION_DENIED,
      details: 'the scope customers:pii is needed',
    });
    expect(await disclosedIn(merchantId)).toBe(0);

    const [head, ...lines] = (await exportBy({ ...ask, includeEmails: true })).split('\r\n');
    expect(head).toBe(`${HEAD},email`);
    expect(lines.map((line) => line.split(',').at(-1))).toEqual(['p0@example.com', 'p1@example.com', '']);
    expect(await auditIdsOf(merchantId)).toEqual([[...ids].sort()]);
  });

  it.each([
    [{ merchantId: 'x' }, /^merchant_id: /],
    [{ merchantId: merchant(), segment: 'x'.repeat(65) }, /^segment: /],
  ])('refuses %j', async (ask, message) => {
    const refusal = await failure(exportBy(ask));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toMatch(message);
  });

  it('requires customers:read', async () =>
    expect(await failure(exportBy({ merchantId: merchant() }, as('rfm:read')))).toMatchObject({
      code: status.PERMISSION_DENIED,
    }));
});

const auditIdsOf = async (merchantId: string): Promise<string[][]> => {
  const { rows } = await api.owner.query<{ ids: string[] }>(
    `select array(select unnest(customer_ids)::text order by 1) as ids from audit_log
      where merchant_id = $1 and action = 'customer.email_disclosed'`,
    [merchantId],
  );
  return rows.map(({ ids }) => ids);
};

describe('a large segment', () => {
  const PAGES = 60;
  const SEGMENT = 'LARGE';
  const merchantId = merchant();
  beforeAll(async () => {
    // Long ids make pages of half a megabyte, which the buffers of the sockets cannot hold all.
    await api.owner.query(
      `insert into customers (merchant_id, external_id, rfm_score)
       select $1, rpad('crm-' || n, 255, 'ä'), jsonb_build_object('recency', 1, 'frequency', 1, 'monetary', 1,
              'score', '111', 'segment', $2::text, 'as_of', '2026-01-02T03:04:05.678Z')
         from generate_series(1, $3::int) n`,
      [merchantId, SEGMENT, PAGES * 1_000],
    );
    await api.replicated();
  });
  afterEach(async () => {
    await api.owner.query(
      'grant execute on function list_segment(uuid, text, uuid, int, int[], int[]) to core_api',
    );
    await api.replicated();
  });

  const pagesRead = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
    return [...metrics.matchAll(/^core_reads_total\{.*\} (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  };
  const openStreams = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
    return [...metrics.matchAll(/^core_streams_in_flight(?:\{.*\})? (\d+)$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  };
  const ask = { merchantId, segment: SEGMENT };

  /** Starts an export whose reader stops after the first part. */
  const STOPPED = {
    gRPC: async () => {
      const parts = api.rpc.stream(core.exportSegment, ask, withPii()) as ClientReadableStream<unknown>;
      parts.on('error', () => undefined); // the cancel below
      await once(parts, 'readable');
      parts.read();
      return () => parts.cancel();
    },
    Connect: async () => {
      const body = Buffer.from(JSON.stringify(ask));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(body.length, 1);
      const req = httpRequest(`${api.url}/core.v1.CoreService/ExportSegment`, {
        method: 'POST',
        headers: {
          ...withPii().metadata,
          'content-type': 'application/connect+json',
        },
      });
      req.end(Buffer.concat([head, body]));
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      expect(res.statusCode).toBe(200);
      await once(res, 'readable');
      res.read();
      return () => res.destroy();
    },
  };

  it.each(Object.entries(STOPPED))(
    'is read no faster than its reader takes it, over %s, and no further once the reader has left',
    async (_, start) => {
      const before = await pagesRead();
      const leave = await start();
      // Another export runs to its end meanwhile: without back-pressure the first one would have ended, too.
      const lines = (await exportBy(ask)).split('\r\n');
      expect(lines).toHaveLength(PAGES * 1_000 + 2);
      const ofStopped = (await pagesRead()) - before - PAGES;
      expect(ofStopped).toBeLessThan(PAGES / 2);
      leave();
      await waitUntil(async () => (await openStreams()) === 0, {
        what: 'the stream to end',
      });
      expect((await pagesRead()) - before - PAGES).toBeLessThan(PAGES / 2 + 3);
    },
  );

  it.each(Object.entries(PROTOCOLS))(
    'ends with an error over %s when a page cannot be read, and never as a complete file',
    async (_, call) => {
      const parts = call(ask)[Symbol.asyncIterator]();
      expect((await parts.next()).value).toMatchObject({ csv: `${HEAD}\r\n` });
      expect((await parts.next()).value).toMatchObject({
        csv: expect.stringContaining('crm-'),
      });
      await api.owner.query(
        'revoke execute on function list_segment(uuid, text, uuid, int, int[], int[]) from core_api',
      );
      await api.replicated();
      const rest = (async () => {
        for (;;) if ((await parts.next()).done) return;
      })();
      expect(await failure(rest)).toMatchObject({ code: status.INTERNAL });
    },
  );

  it('ends at the deadline of the call', async () => {
    const parts = api.rpc.stream(core.exportSegment, ask, {
      ...withPii(),
      timeoutMs: 1_000,
    });
    const slow = (async () => {
      for await (const { csv } of parts) if (csv.length > 1_000) await new Promise((r) => setTimeout(r, 500));
    })();
    expect(await failure(slow)).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    await waitUntil(async () => (await openStreams()) === 0, {
      what: 'the stream to end',
    });
  });
});
