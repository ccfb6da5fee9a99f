import { waitUntil } from '@core/testing';
import { openShop } from './shopify-calls.ts';
import type { OpenShop } from './shopify-calls.ts';

let open: OpenShop;
beforeEach(async () => void (open = await openShop()));
afterEach(() => open.close());

const RUN = `mutation Run($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id status url objectCount } userErrors { field message code } } }`;
const CANCEL = `mutation Cancel($id: ID!) { bulkOperationCancel(id: $id) {
  bulkOperation { id status } userErrors { field message } } }`;
const FIELDS =
  'id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl type';
const POLL = `query Poll($id: ID!) { node(id: $id) { ... on BulkOperation { ${FIELDS} } } }`;
const ALL =
  '{ customers { edges { node { id defaultEmailAddress { emailAddress } tags statistics { rfmGroup } updatedAt } } } }';

const run = async (query = ALL, version = '2026-10') =>
  (await open.graphql(RUN, { query }, { version })).data.bulkOperationRunQuery;
const poll = async (id: string) => (await open.graphql(POLL, { id })).data.node;
const finished = (id: string) =>
  waitUntil(
    async () => {
      const node = await poll(id);
      return /COMPLETED|FAILED|CANCELED/.test(node.status) && node;
    },
    { what: 'the operation to finish', everyMs: 5 },
  );
const started = async (query?: string) => (await run(query)).bulkOperation.id as string;
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { id: string });

describe('a bulk query', () => {
  it('proceeds from CREATED to a file with every customer, one per line', async () => {
    const { shop } = open;
    shop.edit(shop.get(2)!.id, { tags: ['a', 'b'] });
    const created = await run();
    expect(created).toEqual({
      bulkOperation: {
        id: expect.stringMatching(/^gid:\/\/shopify\/BulkOperation\/\d+$/),
        status: 'CREATED',
        url: null,
        objectCount: '0',
      },
      userErrors: [],
    });
    const done = await finished(created.bulkOperation.id);
    expect(done).toMatchObject({
      status: 'COMPLETED',
      type: 'QUERY',
      errorCode: null,
      objectCount: '700',
      rootObjectCount: '700',
      partialDataUrl: null,
      completedAt: '2026-06-01T00:00:00Z',
    });
    const response = await fetch(done.url);
    const text = await response.text();
    expect(String(Buffer.byteLength(text))).toBe(done.fileSize);
    expect(linesOf(text)).toEqual(
      [...shop.all()].map(({ id, email, tags, rfmGroup, updatedAt }) => ({
        id,
        defaultEmailAddress: email === null ? null : { emailAddress: email },
        tags,
        statistics: { rfmGroup },
        updatedAt,
      })),
    );
    expect(shop.stats()).toMatchObject({ served: 700, violations: [] });
  });

  it('filters customers, and produces no file for an empty result', async () => {
    const { shop } = open;
    const [from, to] = [shop.get(10)!.createdAt, shop.get(20)!.createdAt];
    const some = `{ customers(query: "customer_date:>='${from}' AND customer_date:<'${to}'") { edges { node { id } } } }`;
    const done = await finished(await started(some));
    expect(done.objectCount).toBe('10');
    const none = await finished(
      await started(`{ customers(query: "customer_date:<'2000-01-01'") { edges { node { id } } } }`),
    );
    expect(none).toMatchObject({ status: 'COMPLETED', url: null, fileSize: null, objectCount: '0' });
    expect(open.rules()).toEqual([]);
  });

  it('fails with a partial file, and can be run again', async () => {
    await open.control({ bulk: { fail: { afterRows: 120, errorCode: 'TIMEOUT' } } });
    const failed = await finished(await started());
    expect(failed).toMatchObject({
      status: 'FAILED',
      errorCode: 'TIMEOUT',
      url: null,
      objectCount: '120',
      completedAt: null,
    });
    expect(linesOf(await (await fetch(failed.partialDataUrl)).text())).toHaveLength(120);
    await open.control({ bulk: { fail: { afterRows: 0, errorCode: 'INTERNAL_SERVER_ERROR' } } });
    expect(await finished(await started())).toMatchObject({ status: 'FAILED', partialDataUrl: null });
    expect(await finished(await started())).toMatchObject({ status: 'COMPLETED', objectCount: '700' });
  });

  it('can be canceled only once', async () => {
    await open.control({ bulk: { rowsPerSecond: 0 } });
    const id = await started();
    await waitUntil(async () => (await poll(id)).status === 'RUNNING', { what: 'RUNNING' });
    const { data } = await open.graphql(CANCEL, { id });
    expect(data.bulkOperationCancel).toEqual({ bulkOperation: { id, status: 'CANCELING' }, userErrors: [] });
    expect(await finished(id)).toMatchObject({ status: 'CANCELED', url: null });
    const again = await open.graphql(CANCEL, { id });
    expect(again.data.bulkOperationCancel.userErrors[0].message).toContain(
      'cannot be canceled when it is canceled',
    );
    const other = await open.graphql(CANCEL, { id: 'gid://shopify/BulkOperation/1' });
    expect(other.data.bulkOperationCancel).toMatchObject({
      bulkOperation: null,
      userErrors: [{ field: ['id'] }],
    });
  });

  it('costs ten points, and none during its run', async () => {
    const { extensions } = await open.graphql(RUN, { query: ALL });
    expect(extensions.cost).toMatchObject({ requestedQueryCost: 10, actualQueryCost: 10 });
  });

  it('reads the shop during its run: a customer removed during the run is missing', async () => {
    const { shop } = open;
    shop.bulk.pace.rowsPerSecond = 0;
    const id = await started();
    shop.remove(shop.get(650)!.id);
    shop.bulk.pace.rowsPerSecond = Infinity;
    expect((await finished(id)).objectCount).toBe('699');
  });
});

describe('several bulk queries at once', () => {
  it.each([
    ['2026-10', 5],
    ['2026-01', 5],
    ['2025-10', 1],
  ])('version %s allows %i, and one more is refused and counted', async (version, most) => {
    open.shop.bulk.pace.rowsPerSecond = 0;
    for (let i = 0; i < most; i++) expect((await run(ALL, version)).userErrors).toEqual([]);
    expect(open.rules()).toEqual([]);
    expect(await run(ALL, version)).toEqual({
      bulkOperation: null,
      userErrors: [
        {
          field: null,
          code: 'OPERATION_IN_PROGRESS',
          message: expect.stringContaining('already in progress: gid://'),
        },
      ],
    });
    expect(open.rules()).toEqual(['bulk-limit']);
  });

  it('are listed newest first, by status, from 2026-01 on', async () => {
    const ids = [await started(), await started()];
    await Promise.all(ids.map(finished));
    open.shop.bulk.pace.rowsPerSecond = 0;
    const running = await started();
    await waitUntil(async () => (await poll(running)).status === 'RUNNING', { what: 'RUNNING' });
    const list = async (query: string) => {
      const { data } = await open.graphql(
        `{ bulkOperations(first: 10, query: "${query}") { nodes { id } } }`,
      );
      return data.bulkOperations.nodes.map(({ id }: { id: string }) => id);
    };
    expect(await list('')).toEqual([running, ids[1], ids[0]]);
    expect(await list('status:running operation_type:query')).toEqual([running]);
    expect(await list('status:completed AND operation_type:QUERY')).toEqual([ids[1], ids[0]]);
    const { data } = await open.graphql(
      `{ bulkOperation(id: "${running}") { id } currentBulkOperation { id } }`,
    );
    expect(data).toEqual({ bulkOperation: { id: running }, currentBulkOperation: { id: running } });
    expect(open.rules()).toEqual([]);
    const old = await open.graphql(
      '{ bulkOperations(first: 1) { nodes { id } } }',
      {},
      { version: '2025-10' },
    );
    expect(old.errors[0].extensions.code).toBe('undefinedField');
    const { data: current } = await open.graphql(
      '{ currentBulkOperation { id } }',
      {},
      { version: '2025-10' },
    );
    expect(current.currentBulkOperation).toEqual({ id: running });
  });
});

describe('refuses and counts a query that violates the restrictions', () => {
  it.each([
    ['nodes instead of edges', '{ customers { nodes { id } } }', /Selecting via 'nodes' is not supported/],
    ['no connection', '{ shop { name } }', /at least one connection/],
    [
      'a field that does not exist',
      '{ customers { edges { node { emial } } } }',
      /Field 'emial' doesn't exist/,
    ],
    [
      'no query',
      'mutation { bulkOperationCancel(id: "x") { userErrors { message } } }',
      /Only `query` operations/,
    ],
    ['no document', '{', /Invalid bulk query/],
    ['variables', 'query A($q: String) { customers(query: $q) { edges { node { id } } } }', /variables/],
    [
      'two fields',
      '{ customers { edges { node { id } } } orders { edges { node { id } } } }',
      /single top level/,
    ],
    ['a top level node', '{ node(id: "gid://shopify/Shop/1") { id } }', /top level `node`/],
    [
      'too deep',
      '{ customers { edges { node { id orders { edges { node { id lineItems { edges { node { id discountAllocations { allocatedAmountSet { shopMoney { amount } } } product { variants { edges { node { id } } } } } } } } } } } } } }',
      /nesting depth greater than 2/,
    ],
    [
      'a parent without id',
      '{ customers { edges { node { tags orders { edges { node { id } } } } } } }',
      /must select the 'id' field/,
    ],
  ])('%s', async (_, query, message) => {
    const { bulkOperation, userErrors } = await run(query);
    expect(bulkOperation).toBeNull();
    expect(userErrors[0]).toEqual({
      field: ['query'],
      code: 'INVALID',
      message: expect.stringMatching(message),
    });
    expect(open.rules()).toEqual(['bulk-query']);
  });

  it.each([
    ['another root', '{ orders { edges { node { id } } } }'],
    ['a field without data', '{ customers { edges { node { note } } } }'],
  ])('reports %s as not implemented', async (_, query) => {
    const { errors } = await open.graphql(RUN, { query });
    expect(errors[0].extensions.code).toBe('STAND_IN_UNSUPPORTED');
    expect(open.rules()).toEqual(['unsupported']);
  });
});

describe('the file', () => {
  const fileOf = async () => (await finished(await started())).url as string;
  const status = async (url: string, headers = {}) => (await fetch(url, { headers })).status;

  it('is separate from the API, needs no token, and refuses one', async () => {
    const url = await fileOf();
    expect(url).not.toContain('/admin/');
    expect(await status(url)).toBe(200);
    expect(open.rules()).toEqual([]);
    expect(await status(url, { 'X-Shopify-Access-Token': open.shop.accessToken })).toBe(400);
    expect(await status(url, { authorization: 'Bearer x' })).toBe(400);
    expect(open.shop.stats().violations).toMatchObject([{ rule: 'token-to-file', times: 2 }]);
  });

  it('refuses a modified address', async () => {
    const url = await fileOf();
    expect(await status(url.replace('Signature=', 'Signature=x'))).toBe(403);
    expect(await status(url.replace('Expires=', 'Expires=9'))).toBe(403);
    expect(open.shop.stats().violations).toMatchObject([{ rule: 'file-url', times: 2 }]);
  });

  it('is served from a byte offset', async () => {
    const url = await fileOf();
    const whole = await (await fetch(url)).text();
    const rest = await fetch(url, { headers: { range: 'bytes=100-' } });
    expect([rest.status, await rest.text()]).toEqual([206, whole.slice(100)]);
    expect(await status(url, { range: 'bytes=99999999-' })).toBe(416);
  });

  it('expires after seven days, and the operation has the status EXPIRED', async () => {
    const id = await started();
    const { url } = await finished(id);
    open.clock.ms += 7 * 86_400_000 - 1;
    expect(await status(url)).toBe(200);
    open.clock.ms += 1;
    expect(await status(url)).toBe(400);
    expect(await poll(id)).toMatchObject({ status: 'EXPIRED', url: null });
    expect(open.rules()).toEqual([]);
  });

  it('expires on demand, and is truncated on demand', async () => {
    const url = await fileOf();
    await open.control({ fault: { kind: 'truncate', on: 'file' } });
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    expect(await status(url)).toBe(200);
    await open.control({ bulk: { expire: true } });
    expect(await status(url)).toBe(400);
  });
});
