// tag: compliance
import { randomInt, randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { cancelPrivacyRequest, getPrivacyRequest, listPrivacyRequests, UNKNOWN_MERCHANT } from '@core/domain';
import { aMerchantId, insertConnection, waitUntil } from '@core/testing';
import { openInbound, type Inbound } from './inbound.ts';

let database: Inbound['database'];
let client: Inbound['client'];
let deliver: Inbound['deliver'];
let deadLetters: Inbound['deadLetters'];
let reasonOf: Inbound['reasonOf'];
let faultOf: Inbound['faultOf'];
let gdpr: string;
let close: Inbound['close'];
beforeAll(async () => {
  ({ database, client, deliver, deadLetters, reasonOf, faultOf, gdpr, close } = await openInbound());
});
afterAll(() => close?.());

const request = (merchantId: string, person: object) => ({
  event_id: randomUUID(),
  request_id: randomUUID(),
  merchant_id: merchantId,
  ...(person as { kind?: string }),
});
const requestsOf = async (requestId: string) =>
  (
    await database.owner.query<{ kind: string; customer_id: string | null; completed_at: Date | null }>(
      'select kind, customer_id, completed_at from privacy_requests where request_id = $1',
      [requestId],
    )
  ).rows;

type Change = (world: {
  merchantId: MerchantId;
  id: string;
  shop: string;
  number: string;
}) => object | string;
/** Creates a customer with every name, and delivers a request with a changed body. */
async function ask(change: Change) {
  // Beyond 2^53 and odd, so that a double cannot represent it.
  const [merchantId, number] = [aMerchantId(), `9${randomInt(1e12, 9e12)}003`];
  const shop = `s-${randomUUID()}.myshopify.com`;
  const email = `grace.${randomUUID()}@example.com`;
  const id = await database.newCustomer(merchantId, email);
  await database.owner.query('update customers set external_id = $2 where id = $1', [id, number]);
  await insertConnection(database.owner, { merchantId, shop, shopId: number });
  const changed = change({ merchantId, id, shop, number });
  const event = request(merchantId, typeof changed === 'string' ? {} : { customer_id: id, ...changed });
  await deliver(gdpr, typeof changed === 'string' ? changed.replace('?', event.event_id) : event);
  return { merchantId, id, event };
}
const requestsOfMerchant = async (merchantId: MerchantId) =>
  (
    await database.owner.query<{ request_id: string; kind: string; completed_at: Date | null }>(
      'select request_id, kind, completed_at from privacy_requests where merchant_id = $1',
      [merchantId],
    )
  ).rows;

it.each<[string, Change]>([
  [
    'a number for the external_id',
    ({ number }) => ({ customer_id: null, external_id: Number(number.slice(0, 9)) }),
  ],
  [
    'a number beyond 2^53 for the external_id',
    ({ merchantId, number }) => `{"event_id":"?","merchant_id":"${merchantId}","external_id":${number}}`,
  ],
  ['space around the names', ({ id, number }) => ({ customer_id: ` ${id}\n`, external_id: `\t${number} ` })],
  [
    'capitals and braces',
    ({ merchantId, id }) => ({
      merchant_id: `{${merchantId.toUpperCase()}}`,
      customer_id: id.toUpperCase(),
    }),
  ],
  ['a time in milliseconds', () => ({ occurred_at: 1_767_312_000_000 })],
  ['a time without a zone', () => ({ occurred_at: '2026-01-02 00:00:00' })],
  ['an invalid time', () => ({ occurred_at: { soon: [1e308] } })],
  ['REDACT', () => ({ kind: 'REDACT' })],
  ['customers/redact', () => ({ kind: 'customers/redact' })],
  ['"Redact "', () => ({ kind: 'Redact ' })],
  [
    'null for every optional field',
    () => ({ kind: null, external_id: null, email: null, occurred_at: null, request_id: null }),
  ],
  ['unknown fields', () => ({ phone: '1', deep: { er: [[[]]] }, '': 7, __proto__x: null })],
  ['a number for the ids', () => ({ event_id: randomInt(1e14), request_id: randomInt(1e14) })],
  ['invalid ids', () => ({ event_id: {}, request_id: ['r'] })],
  ['a long request_id', () => ({ request_id: 'x'.repeat(11_000) })],
  ['a long event_id', () => ({ event_id: 'x'.repeat(11_000) })],
  ['a NUL in the request_id', () => ({ request_id: 'a\0b' })],
  ['an unreadable email next to the id', () => ({ email: ['a@example.com'] })],
  ['an unreadable external_id next to the id', () => ({ external_id: 'x'.repeat(256) })],
  [
    "Shopify's own body",
    ({ shop, number }) =>
      `{"event_id":"?","shop_id":954889,"shop_domain":"${shop}","customer":{"id":${number},"email":null,"phone":"1"},"orders_to_redact":null}`,
  ],
  ['an unknown customer_id', ({ number }) => ({ customer_id: randomUUID(), external_id: number })],
  [
    "Shopify's own body, with our merchant",
    ({ merchantId, number }) =>
      `{"event_id":"?","merchant_id":"${merchantId}","customer":{"id":${number}},"shop_domain":"another.example.com"}`,
  ],
  [
    'a customer_id with the gid of another type',
    ({ number }) => ({ customer_id: 'gid://shopify/Order/7', external_id: number }),
  ],
  [
    'an external_id with the gid of another type',
    ({ id }) => ({ customer_id: id, external_id: 'gid://shopify/Order/7' }),
  ],
  ...['gid://shopify/Order/7', 'gid://shopify/Customer/', 'x y', ''].map((gid): [string, Change] => [
    `a gid that names no customer: ${gid}`,
    ({ number }) => ({ customer_id: null, customer: { id: number, admin_graphql_api_id: gid } }),
  ]),
  ...[
    ['"customerId":""', '"external_id":" ","external_id":null', '"merchantId":""', '"kind":"","kinD":1'],
    ['"requestId":" "', '"request_id":""', '"eventId":null', '"event_id":""', '"email":"","email":null'],
  ].map((empty): [string, Change] => [
    `fields given twice, once empty: ${empty.join()}`,
    ({ merchantId, id }) =>
      `{${empty.join()},"event_id":"?","merchant_id":"${merchantId}","customer_id":"${id}","kind":"redact",${empty.join()}}`,
  ]),
  [
    'one value in several spellings',
    ({ merchantId, id, number }) =>
      `{"event_id":"?","merchant_id":"${merchantId}","merchantId":"${merchantId.toUpperCase()}","kind":"redact","kind":"customers/redact",` +
      `"customer_id":"${id}","customerId":"${id.toUpperCase()}","external_id":${number},"externalId":"gid://shopify/Customer/${number}",` +
      `"email":"a@example.com","email":"A@example.com"}`,
  ],
  [
    'two emails next to an id',
    ({ merchantId, id }) =>
      `{"event_id":"?","merchant_id":"${merchantId}","customer_id":"${id}","email":"a@example.com","email":"b@example.com"}`,
  ],
  [
    'two values of unused fields',
    ({ merchantId, number }) =>
      `{"event_id":"?","merchant_id":"${merchantId}","customer":{"id":${number},"phone":"1","phone":"2"},"note":1,"note":2,` +
      `"orders_to_redact":[1],"orders_to_redact":[2],"x":{"a":1,"a":2}}`,
  ],
  [
    'an unused field, deeply nested',
    ({ merchantId, id }) =>
      `{"event_id":"?","merchant_id":"${merchantId}","customer_id":"${id}","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
  ],
])('erases the customer, whatever the other fields contain: %s', async (what, change) => {
  const { merchantId, id, event } = await ask(change);
  if (what.startsWith('a number for the external_id')) {
    // The customer has a longer number: no customer has this one, and the receipt records that.
    expect(await requestsOf(event.request_id)).toMatchObject([{ kind: 'redact', customer_id: null }]);
  } else {
    expect(await database.customer(id)).toMatchObject({ email: null, erased_at: expect.any(Date) });
  }
  const done = { kind: 'redact', completed_at: expect.any(Date) };
  expect(await requestsOfMerchant(merchantId)).toMatchObject([done]);
  expect(await reasonOf(gdpr, event.event_id)).toBeUndefined();
});

it('recognizes a repeated request by an id that cannot be stored', async () => {
  const { merchantId, event } = await ask(() => ({ request_id: 'x'.repeat(11_000) }));
  const before = await requestsOfMerchant(merchantId);
  expect(before).toMatchObject([{ completed_at: expect.any(Date) }]);
  await deliver(gdpr, { ...event, event_id: randomUUID() });
  expect(await requestsOfMerchant(merchantId)).toEqual(before);
});

it.each(['\u200b', '\0'])('ignores the invisible request_id %j', async (requestId) => {
  const { merchantId, a, b, stays } = await two();
  for (const { id } of [a, b]) {
    await deliver(gdpr, { ...request(merchantId, { customer_id: id }), request_id: requestId });
  }
  expect([await stays(a.id), await stays(b.id)]).toEqual([false, false]);
});

it('erases a customer despite invalid event headers', async () => {
  const merchantId = aMerchantId();
  const id = await database.newCustomer(merchantId, 'grace@example.com');
  const producer = await client.producer();
  const headers = { ce_id: 'x'.repeat(300), ce_source: 'a\0b', dlq_rule: 'forged' };
  const value = JSON.stringify({ merchant_id: merchantId, customer_id: id });
  await producer.send([{ topic: gdpr, key: null, headers, value }]);
  await waitUntil(async () => (await database.customer(id)).erased_at, { what: 'the erasure' });
});

/** Returns the pending requests of a merchant with their problems. */
const pendingOf = async (merchantId: MerchantId) =>
  (await inTransaction(database.pool, (tx) => listPrivacyRequests(tx, { merchantId, most: 10_000 }))).map(
    ({ requestId, kind, problem, dueAt, receivedAt }) => {
      expect(dueAt.getTime() - receivedAt.getTime()).toBe(30 * 86_400_000);
      return { requestId, kind, problem };
    },
  );

it.each<[string, object, string]>([
  ['an unknown kind', { kind: 'forget' }, 'kind: must be one of redact, data_request, shop_redact'],
  ['a long kind', { kind: 'x'.repeat(65) }, 'kind: must be one of redact, data_request, shop_redact'],
  [
    'a kind of another type',
    { kind: { is: 'redact' } },
    'kind: must be one of redact, data_request, shop_redact',
  ],
])(
  'records a request with %s as pending, and carries it out when it is sent again',
  async (_what, change, problem) => {
    const { merchantId, id, event } = await ask(() => change);
    expect(await reasonOf(gdpr, event.event_id)).toBe('unsupported_kind');
    expect(await faultOf(gdpr, event.event_id)).toBe(problem);
    expect(await database.customer(id)).toMatchObject({ erased_at: null });
    const { request_id: requestId } = event;
    expect(await pendingOf(merchantId)).toEqual([{ requestId, kind: 'unknown', problem }]);
    await deliver(gdpr, { ...event, event_id: randomUUID(), kind: 'data_request' });
    expect(await pendingOf(merchantId)).toEqual([{ requestId, kind: 'data_request', problem: null }]);

    const other = await ask(() => change);
    await deliver(gdpr, { ...other.event, event_id: randomUUID(), kind: 'redact' });
    expect(await database.customer(other.id)).toMatchObject({ erased_at: expect.any(Date) });
    expect(await requestsOfMerchant(other.merchantId)).toMatchObject([
      { kind: 'redact', completed_at: expect.any(Date) },
    ]);
  },
);

it.each<[string, (event: { event_id: string }) => object | string, string]>([
  [
    'no merchant',
    (event) => ({ ...event, merchant_id: undefined, customer_id: randomUUID() }),
    'merchant_id: or shop_domain must name a known merchant',
  ],
  [
    'an invalid merchant',
    (event) => ({ ...event, merchant_id: 'x', email: 'a@example.com' }),
    'merchant_id: must be a UUID',
  ],
  [
    'zeros',
    (event) => ({ ...event, merchant_id: '00000000-0000-0000-0000-000000000000', email: 'a@example.com' }),
    'merchant_id: or shop_domain must name a known merchant',
  ],
  [
    'an unconnected shop',
    (event) => ({ ...event, merchant_id: null, shop_domain: 'unknown.myshopify.com', customer: { id: 7 } }),
    'merchant_id: or shop_domain must name a known merchant',
  ],
  [
    'a shop_redact without a merchant',
    (event) => ({ ...event, merchant_id: null, kind: 'shop_redact' }),
    'merchant_id: or shop_domain must name a known merchant',
  ],
  ['half of a body', ({ event_id }) => `{"event_id":"${event_id}","email":`, 'body: is not JSON'],
  ['a list', ({ event_id }) => `["${event_id}"]`, 'body: must be a JSON object'],
  ['no body', () => '', 'body: is empty'],
])('records under the unknown merchant, by its position: %s', async (_what, change, problem) => {
  const known = new Set((await pendingOf(UNKNOWN_MERCHANT)).map(({ requestId }) => requestId));
  const body = change(request(randomUUID(), {}));
  await deliver(gdpr, body);
  const added = (await pendingOf(UNKNOWN_MERCHANT)).filter(({ requestId }) => !known.has(requestId));
  expect(added).toEqual([{ requestId: expect.stringMatching(`^${gdpr}/0/\\d+$`), kind: 'unknown', problem }]);
  const letter = (await deadLetters(gdpr)).find(
    ({ headers }) => `${gdpr}/${headers['dlq_partition']}/${headers['dlq_offset']}` === added[0]!.requestId,
  );
  expect(`${letter!.headers['dlq_field']}: ${letter!.headers['dlq_rule']}`).toBe(problem);
});

it.each<[string, object, string, string]>([
  ['redact', { customer_id: randomUUID() }, 'redact', 'is already used for a request for another person'],
  ['data_request', { kind: 'data_request' }, 'data_request', 'is already used for a request of another kind'],
  // Recorded with its real kind, a pending shop_redact would be carried out.
  [
    'shop_redact',
    { kind: 'shop_redact', customer_id: null },
    'unknown',
    'is already used for a request of another kind',
  ],
])(
  'records as pending, by its position, a %s with the id of another request',
  async (_, then, kind, rule) => {
    const { merchantId, event } = await ask(() => ({}));
    await deliver(gdpr, { ...event, event_id: randomUUID(), ...then });
    expect(await pendingOf(merchantId)).toEqual([
      {
        requestId: expect.stringMatching(`^${gdpr}/0/\\d+$`),
        kind,
        problem: `request_id: ${rule}`,
      },
    ]);
  },
);

it.each<[string, object, object, string]>([
  ['done', {}, { kind: 'forget' }, 'unknown'],
  ['done, and names no person', {}, { customer_id: null }, 'redact'],
  ['done, and requests data of no person', {}, { customer_id: null, kind: 'data_request' }, 'data_request'],
  ['waiting for its answer', { kind: 'data_request' }, { kind: 'forget' }, 'unknown'],
  [
    'waiting for its answer, and names no person',
    { kind: 'data_request' },
    { customer_id: '42' },
    'data_request',
  ],
])(
  'records as pending, by its position, a request that has the id of one that is %s',
  async (_, first, then, kind) => {
    const { merchantId, event } = await ask(() => first);
    const before = await pendingOf(merchantId);
    await deliver(gdpr, { ...event, event_id: randomUUID(), ...then });
    const position = expect.stringMatching(`^${gdpr}/0/\\d+$`);
    expect(await pendingOf(merchantId)).toEqual(
      expect.arrayContaining([...before, { requestId: position, kind, problem: expect.any(String) }]),
    );
    expect(await pendingOf(merchantId)).toHaveLength(before.length + 1);
  },
);

it('reports no erasure while a name of the person is unreadable', async () => {
  const merchantId = aMerchantId();
  const event = request(merchantId, {
    customer_id: '42',
    external_id: 'nobody',
    email: 'nobody@example.com',
  });
  await deliver(gdpr, event);
  expect(await faultOf(gdpr, event.event_id)).toBe('customer_id: must be a UUID');
  expect(await pendingOf(merchantId)).toEqual([
    { requestId: event.request_id, kind: 'redact', problem: 'customer_id: must be a UUID' },
  ]);
  await deliver(gdpr, { ...event, event_id: randomUUID(), customer_id: null });
  expect(await requestsOfMerchant(merchantId)).toMatchObject([{ completed_at: expect.any(Date) }]);
});

it.each<[string, (two: Two) => string, string, string]>([
  [
    'external_id',
    ({ a, b }) => `"external_id":"${a.number}","external_id":"${b.number}"`,
    'redact',
    'must be given once',
  ],
  [
    'customer_id',
    ({ a, b }) => `"customer_id":"${a.id}","customerId":"${b.id}"`,
    'redact',
    'must be given once',
  ],
  [
    'customer.id',
    ({ a, b }) => `"customer":{"id":${a.number}},"customer":{"id":${b.number}}`,
    'redact',
    'must be given once',
  ],
  ['kind', () => '"kind":"redact","kind":"shop_redact"', 'unknown', 'must be given once'],
  [
    'kind',
    ({ a }) => `"kind":"shop_redact","external_id":"${a.number}"`,
    'unknown',
    'shop_redact must not name a person',
  ],
])(
  'erases no person and no shop for two values of one name, and waits: %s',
  async (field, members, kind, rule) => {
    const world = await two();
    const { merchantId, a, b, stays } = world;
    const [eventId, requestId] = [randomUUID(), randomUUID()];
    await deliver(
      gdpr,
      `{"event_id":"${eventId}","request_id":"${requestId}","merchant_id":"${merchantId}",${members(world)}}`,
    );
    expect([await stays(a.id), await stays(b.id)]).toEqual([true, true]);
    expect(await pendingOf(merchantId)).toEqual([{ requestId, kind, problem: `${field}: ${rule}` }]);
  },
);

it('records under the unknown merchant a request that names two merchants', async () => {
  const { merchantId, a, stays } = await two();
  const before = await pendingOf(UNKNOWN_MERCHANT);
  await deliver(
    gdpr,
    `{"merchant_id":"${randomUUID()}","merchant_id":"${merchantId}","external_id":"${a.number}"}`,
  );
  expect(await stays(a.id)).toBe(true);
  expect(await pendingOf(merchantId)).toEqual([]);
  expect(await pendingOf(UNKNOWN_MERCHANT)).toHaveLength(before.length + 1);
});

/** Creates two customers of one merchant, with every name. */
async function two() {
  const merchantId = aMerchantId();
  const [a, b] = await Promise.all(
    [1, 2].map(async () => {
      const [email, number] = [`grace.${randomUUID()}@example.com`, String(randomInt(1e12, 9e12))];
      const id = await database.newCustomer(merchantId, email);
      const externalId = `gid://shopify/Customer/${number}`;
      await database.owner.query('update customers set external_id = $2 where id = $1', [id, externalId]);
      return { id, email, number, externalId };
    }),
  );
  const stays = async (id: string) => (await database.customer(id)).erased_at === null;
  return { merchantId, a: a!, b: b!, stays };
}
type Two = Awaited<ReturnType<typeof two>>;

const SEVERAL =
  'external_id: and customer_id, customer.id and customer.admin_graphql_api_id, where they give one, must name one customer';
it.each<[string, (two: Two) => object, string]>([
  [
    'customer_id and external_id',
    ({ a, b }) => ({ customer_id: a.id, external_id: b.externalId }),
    'customer_id: and external_id must name one customer',
  ],
  [
    'customer_id and the number of Shopify’s customer',
    ({ a, b }) => ({ customer_id: a.id, customer: { id: Number(b.number), email: a.email } }),
    'customer_id: and external_id must name one customer',
  ],
  [
    'customer_id and customer.id',
    ({ a, b }) => ({ customer_id: a.id, customer: { id: b.id } }),
    'customer_id: and customer.id must name one customer',
  ],
  [
    'two external ids',
    ({ a, b }) => ({ external_id: a.number, customer: { id: Number(b.number) } }),
    SEVERAL,
  ],
  [
    'two external ids in a customer',
    ({ a, b }) => ({ customer: { id: Number(b.number), admin_graphql_api_id: a.externalId } }),
    SEVERAL,
  ],
  ['a gid for customer_id', ({ a, b }) => ({ customer_id: a.externalId, external_id: b.number }), SEVERAL],
  [
    'two emails',
    ({ a, b }) => ({ email: a.email, customer: { email: b.email } }),
    'email: and customer.email must be the same',
  ],
])('erases no person for names of two persons, and waits: %s', async (_what, names, problem) => {
  const world = await two();
  const { merchantId, a, b, stays } = world;
  const event = request(merchantId, names(world));
  await deliver(gdpr, event);
  expect([await stays(a.id), await stays(b.id)]).toEqual([true, true]);
  expect(await faultOf(gdpr, event.event_id)).toBe(problem);
  const waiting = { requestId: event.request_id, kind: 'redact', problem };
  expect(await pendingOf(merchantId)).toEqual([waiting]);
  // Sent again for one of them.
  const corrected = { request_id: event.request_id, external_id: b.externalId };
  await deliver(gdpr, request(merchantId, corrected));
  expect([await stays(a.id), await stays(b.id)]).toEqual([true, false]);
  expect(await pendingOf(merchantId)).toEqual([]);
});

it.each<[string, (two: Two) => object]>([
  [
    'in other spellings',
    ({ a }) => ({
      customer_id: a.id.toUpperCase(),
      external_id: a.number,
      email: ` ${a.email.toUpperCase()}`,
      customer: { id: a.id, admin_graphql_api_id: `${a.externalId}?x=y`, email: a.email },
    }),
  ],
  ['with an email of another customer', ({ a, b }) => ({ external_id: a.externalId, email: b.email })],
  [
    'with two emails next to an id',
    ({ a, b }) => ({ customer: { id: a.number, email: b.email }, email: a.email }),
  ],
])('erases the customer that the ids name: %s', async (_what, names) => {
  const world = await two();
  const { merchantId, a, b, stays } = world;
  await deliver(gdpr, request(merchantId, names(world)));
  expect([await stays(a.id), await stays(b.id)]).toEqual([false, true]);
  expect(await pendingOf(merchantId)).toEqual([]);
});

it.each<[string, (email: string) => object]>([
  ['a number', (email) => ({ external_id: randomInt(1e12), email })],
  ['a number of a customer', (email) => ({ customer: { id: randomInt(1e12), email } })],
  ['a word', (email) => ({ external_id: 'crm-7', email })],
  ['both ids', (email) => ({ customer_id: randomUUID(), external_id: 'crm-7', email })],
])('waits when the id is unknown and the email belongs to another customer: %s', async (_what, names) => {
  for (const kind of ['redact', 'data_request'] as const) {
    const { merchantId, a, b, stays } = await two();
    const event = request(merchantId, { kind, ...names(a.email) });
    await deliver(gdpr, event);
    const problem =
      'external_id: matches no customer, and the email belongs to a customer with a different external_id';
    expect(await faultOf(gdpr, event.event_id)).toBe(problem);
    expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind, problem }]);
    expect([await stays(a.id), await stays(b.id)]).toEqual([true, true]);
    // Sent again with only the email, after an operator has checked it.
    await deliver(gdpr, request(merchantId, { request_id: event.request_id, kind, email: a.email }));
    expect(await stays(a.id)).toBe(kind === 'data_request');
    expect(await pendingOf(merchantId)).toEqual(
      kind === 'redact' ? [] : [{ requestId: event.request_id, kind, problem: null }],
    );
  }
});

it('erases by the email of a customer without an external id, whatever id is next to it', async () => {
  const [merchantId, email] = [aMerchantId(), `grace.${randomUUID()}@example.com`];
  const id = await database.newCustomer(merchantId, email);
  await deliver(gdpr, request(merchantId, { external_id: randomInt(1e12), email }));
  expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
});

it('exports no data for ids of two persons, and waits', async () => {
  const { merchantId, a, b } = await two();
  const names = { customer_id: a.id, external_id: b.externalId };
  const event = request(merchantId, { kind: 'data_request', ...names });
  await deliver(gdpr, event);
  const problem = 'customer_id: and external_id must name one customer';
  expect(await pendingOf(merchantId)).toEqual([
    { requestId: event.request_id, kind: 'data_request', problem },
  ]);
  expect(await requestsOf(event.request_id)).toMatchObject([{ customer_id: null }]);
});

it.each(['Ada <ada@example.com>', 'not an email', 'a@example.com,b@example.com', 'ada%40example.com', 7])(
  'reports no erasure for %j, which is not an email',
  async (email) => {
    const merchantId = aMerchantId();
    const event = request(merchantId, { email });
    await deliver(gdpr, event);
    expect(await faultOf(gdpr, event.event_id)).toBe('email: must be an email address');
    expect(await pendingOf(merchantId)).toMatchObject([{ requestId: event.request_id, kind: 'redact' }]);
  },
);

it('carries out a corrected request after an operator has cancelled the unreadable one', async () => {
  const { merchantId, id, event } = await ask(() => ({ kind: 'forget' }));
  const ref = { merchantId, requestId: event.request_id };
  const actor = { caller: 'ops:spec', requestId: 'spec' };
  await inTransaction(database.pool, (tx) => cancelPrivacyRequest(tx, actor, { ...ref, reason: 'mistaken' }));
  expect(await pendingOf(merchantId)).toEqual([]);
  await deliver(gdpr, { ...event, event_id: randomUUID(), kind: 'redact' });
  expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
  expect(await inTransaction(database.pool, (tx) => getPrivacyRequest(tx, ref))).toMatchObject({
    completedAt: expect.any(Date),
    cancelledAt: null,
  });
});

it.each<[string, object, string]>([
  ['a long email', { email: `${'x'.repeat(400)}@example.com` }, 'redact'],
  ['an email with a NUL', { email: 'a\0@example.com', kind: 'data_request' }, 'data_request'],
  ['a long external_id', { external_id: 'x'.repeat(11_000) }, 'redact'],
  ['only a space', { email: ' ' }, 'redact'],
  ['no name', {}, 'redact'],
  ['a malformed id', { customer_id: '42' }, 'redact'],
  ['a malformed id', { customer_id: '42', kind: 'data_request' }, 'data_request'],
  [
    'a malformed id next to an email, which may belong to another customer',
    { customer_id: 42, email: 'a@example.com' },
    'redact',
  ],
])('records a request that becomes a dead letter as pending: %s', async (_what, person, kind) => {
  const merchantId = aMerchantId();
  const email = `grace.${randomUUID()}@example.com`;
  const id = await database.newCustomer(merchantId, email);
  const event = request(merchantId, person);
  await deliver(gdpr, event);
  expect(await reasonOf(gdpr, event.event_id)).toBe('invalid');
  expect(await requestsOf(event.request_id)).toEqual([{ kind, customer_id: null, completed_at: null }]);

  // Sent again by the producer, which knows the email that the dead letter lacks.
  const corrected = { event_id: randomUUID(), customer_id: undefined, external_id: undefined, email };
  await deliver(gdpr, { ...event, ...corrected });
  expect(await requestsOf(event.request_id)).toEqual([
    { kind, customer_id: id, completed_at: kind === 'redact' ? expect.any(Date) : null },
  ]);
});

const NO_CUSTOMER = 'external_id: must be the id of a customer: it identifies something else in Shopify';
const NO_ID =
  'external_id: must be an id: a number with a sign or a fraction is not an id, nor is a word such as null';
const NO_COUNT = 'must be a string or a whole number that is not negative';
it.each<[string, (email: string) => object, string]>([
  ['a fraction', () => ({ external_id: 8100020.5 }), `external_id: ${NO_COUNT}`],
  ['a negative number', () => ({ external_id: -8100022 }), `external_id: ${NO_COUNT}`],
  [
    'a negative number of a customer',
    (email) => ({ customer: { id: -7, email } }),
    `customer.id: ${NO_COUNT}`,
  ],
  ...['-1', '1.5', '+7', '7.0', 'undefined', 'null', 'NaN', '[object Object]'].flatMap(
    (id): [string, (email: string) => object, string][] => [
      [`the text ${id}`, () => ({ external_id: id }), NO_ID],
      [`the text ${id} next to an email`, (email) => ({ external_id: id, email }), NO_ID],
      [
        `the text ${id} of a customer`,
        (email) => ({ customer: { id, email } }),
        NO_ID.replace('external_id', 'customer.id'),
      ],
    ],
  ),
  ['a gid of another type', () => ({ external_id: 'gid://shopify/Order/7' }), NO_CUSTOMER],
  [
    'a gid of another type next to an email',
    (email) => ({ external_id: 'gid://shopify/Order/7', email }),
    NO_CUSTOMER,
  ],
  [
    'one for customer_id, next to an email',
    (email) => ({ customer_id: 'gid://shopify/Order/7', email }),
    // The rule names the field that contains it.
    NO_CUSTOMER.replace('external_id', 'customer_id'),
  ],
  [
    'the address of an order',
    () => ({ external_id: 'https://admin.shopify.com/store/x/orders/7' }),
    NO_CUSTOMER,
  ],
])('finds no customer by an id that cannot name one, and waits: %s', async (_what, person, problem) => {
  for (const kind of ['redact', 'data_request'] as const) {
    const merchantId = aMerchantId();
    const email = `grace.${randomUUID()}@example.com`;
    const id = await database.newCustomer(merchantId, email);
    const event = request(merchantId, { kind, ...person(email) });
    await deliver(gdpr, event);
    expect(await faultOf(gdpr, event.event_id)).toBe(problem);
    expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind, problem }]);
    expect(await database.customer(id)).toMatchObject({ erased_at: null });
    expect(await requestsOf(event.request_id)).toMatchObject([{ customer_id: null, completed_at: null }]);
  }
});

it.each<[string, (two: Two) => object]>([
  [
    'the address of the page',
    ({ a }) => ({ external_id: `https://admin.shopify.com/store/x/customers/${a.number}` }),
  ],
  [
    'our id next to a gid of another type',
    ({ a, b }) => ({ customer_id: a.id, external_id: 'gid://shopify/Order/7', email: b.email }),
  ],
  ['our id next to a fraction', ({ a, b }) => ({ customer_id: a.id, external_id: 7.5, email: b.email })],
  [
    'the email of a guest',
    ({ a }) => ({ customer: { id: 0, email: a.email }, shop_domain: 'unknown.myshopify.com' }),
  ],
  ...[0, -0, '0', '00', '-0', '0.0', 'gid://shopify/Customer/0', 'gid://shopify/Customer/00?x=y'].flatMap(
    (id): [string, (two: Two) => object][] => [
      [`the email of a guest with the external_id ${id}`, ({ a }) => ({ external_id: id, email: a.email })],
      [`the email of a guest with the customer.id ${id}`, ({ a }) => ({ customer: { id, email: a.email } })],
    ],
  ),
])('erases the customer named by %s', async (_what, names) => {
  const world = await two();
  const { merchantId, a, b, stays } = world;
  await deliver(gdpr, request(merchantId, names(world)));
  expect([await stays(a.id), await stays(b.id)]).toEqual([false, true]);
  expect(await pendingOf(merchantId)).toEqual([]);
});

it('erases a customer that an rpc has stored under a gid of another type', async () => {
  const { merchantId, a, b, stays } = await two();
  await database.owner.query('update customers set external_id = $2 where id = $1', [
    a.id,
    'gid://shopify/Order/7',
  ]);
  await deliver(gdpr, request(merchantId, { external_id: 'gid://shopify/Order/7', email: b.email }));
  expect([await stays(a.id), await stays(b.id)]).toEqual([false, true]);
});

it.each(['redact', 'data_request', 'shop_redact'])(
  'waits when merchant_id and shop_domain name two merchants: %s',
  async (kind) => {
    const { merchantId, a, b, stays } = await two();
    const shop = `s-${randomUUID()}.myshopify.com`;
    await insertConnection(database.owner, { merchantId: aMerchantId(), shop, shopId: randomInt(1e12) });
    const person = kind === 'shop_redact' ? {} : { customer_id: a.id };
    const event = request(merchantId, { kind, ...person, shop_domain: shop });
    const problem = 'merchant_id: and shop_domain must name one merchant';
    await deliver(gdpr, event);
    expect(await faultOf(gdpr, event.event_id)).toBe(problem);
    // Recorded with its real kind, a pending shop_redact would be carried out.
    const pending = kind === 'shop_redact' ? 'unknown' : kind;
    expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind: pending, problem }]);
    expect(await stays(a.id)).toBe(true);

    // A request that was done before is recognized, whichever merchant has the shop now.
    const done = request(merchantId, { customer_id: b.id });
    await deliver(gdpr, done);
    await deliver(gdpr, { ...done, event_id: randomUUID(), ...{ shop_domain: shop } });
    expect(await pendingOf(merchantId)).toHaveLength(1);
  },
);

it.each<[string, object]>([
  ['an unconnected shop', { shop_domain: 'unknown.myshopify.com' }],
  ['an invalid shop', { shop_domain: 'example.com' }],
  ['a list of shops', { shop_domain: ['a.myshopify.com'] }],
  ['another shop next to its own', { shop: 'unknown.myshopify.com' }],
])('redacts no merchant when the request names %s', async (what, named) => {
  const [merchantId, own] = [aMerchantId(), `s-${randomUUID()}.myshopify.com`];
  await insertConnection(database.owner, { merchantId, shop: own, shopId: randomInt(1e12) });
  const shops = what.endsWith('its own') ? { shop_domain: own, ...named } : named;
  const event = request(merchantId, { kind: 'shop_redact', ...shops });
  await deliver(gdpr, event);
  const problem = 'shop_domain: must name a connected shop of the merchant';
  expect(await faultOf(gdpr, event.event_id)).toBe(problem);
  expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind: 'unknown', problem }]);
  await deliver(gdpr, { ...event, event_id: randomUUID(), ...{ shop_domain: own, shop: null } });
  expect(await pendingOf(merchantId)).toEqual([
    { requestId: event.request_id, kind: 'shop_redact', problem: null },
  ]);
});

type Shops = Record<'own' | 'second', { shop: string; number: string }> & { others: string };
const OWN_NUMBER = 'must be the number of a connected shop of the merchant';
it.each<[string, (shops: Shops) => object, string]>([
  [
    "its own shop by its domain, and another merchant's by its number",
    ({ own, others }) => ({ shop_domain: own.shop, shop_id: Number(others) }),
    'merchant_id: and shop_id must name one merchant',
  ],
  [
    "another merchant's shop by its number",
    ({ others }) => ({ shop_id: `${others}` }),
    'merchant_id: and shop_id must name one merchant',
  ],
  ['an unknown number', () => ({ shop_id: 999_999 }), `shop_id: ${OWN_NUMBER}`],
  [
    'its own shop by its domain, and an unknown number',
    ({ own }) => ({ shop_domain: own.shop, shop_id: 999_999 }),
    `shop_id: ${OWN_NUMBER}`,
  ],
  [
    'two shops of the merchant',
    ({ own, second }) => ({ shop_domain: own.shop, shop_id: second.number }),
    'shop_id: must be the number of the shop that shop_domain names',
  ],
  [
    "another merchant's shop by the gid of its number",
    ({ others }) => ({ shop_id: `gid://shopify/Shop/${others}` }),
    'merchant_id: and shop_id must name one merchant',
  ],
  ...[
    'ShopId',
    'SHOP_ID',
    'shop-id',
    ' shop_id ',
    'shop.id',
    'X-Shopify-Shop-Id',
    'myshopify_domain',
    'Merchant_Id',
  ].map((field): [string, (shops: Shops) => object, string] => [
    `a shop in the field ${field}`,
    ({ own }) => ({ shop_domain: own.shop, [field]: own.number }),
    'kind: shop_redact must name its shop and merchant only in merchant_id, shop_domain, shop, shop_id',
  ]),
  [
    'two numbers, one of them unknown',
    ({ own }) => ({ shop_id: own.number, shopId: 7 }),
    `shop_id: ${OWN_NUMBER}`,
  ],
  ...['x', 0, -1, 1.5, ['1'], { is: 1 }, true, '9'.repeat(40)].map(
    (number): [string, (shops: Shops) => object, string] => [
      `the number ${JSON.stringify(number)}`,
      ({ own }) => ({ shop_domain: own.shop, shop_id: number }),
      `shop_id: ${OWN_NUMBER}`,
    ],
  ),
])('redacts no merchant when the request names %s', async (_what, named, problem) => {
  const merchantId = aMerchantId();
  const aShop = () => ({ shop: `s-${randomUUID()}.myshopify.com`, number: String(randomInt(1e12, 9e12)) });
  const shops = { own: aShop(), second: aShop(), others: aShop().number };
  for (const { shop, number } of [shops.own, shops.second])
    await insertConnection(database.owner, { merchantId, shop, shopId: number });
  const other = { merchantId: aMerchantId(), shop: aShop().shop, shopId: shops.others };
  await insertConnection(database.owner, other);
  const event = request(merchantId, { kind: 'shop_redact', ...named(shops) });
  await deliver(gdpr, event);
  expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind: 'unknown', problem }]);
  const { shop, number } = shops.own;
  await deliver(gdpr, {
    ...request(merchantId, { kind: 'shop_redact' }),
    request_id: event.request_id,
    ...{ shop_domain: shop, shop_id: `0${number}`, shopId: Number(number) },
  });
  expect(await pendingOf(merchantId)).toEqual([
    { requestId: event.request_id, kind: 'shop_redact', problem: null },
  ]);
});

it.each(['redact', 'data_request'])(
  'waits when the number belongs to another merchant’s shop, and not when it is unknown: %s',
  async (kind) => {
    const { merchantId, a, stays } = await two();
    const shopId = String(randomInt(1e12, 9e12));
    const shop = `s-${randomUUID()}.myshopify.com`;
    await insertConnection(database.owner, { merchantId: aMerchantId(), shop, shopId });
    const problem = 'merchant_id: and shop_id must name one merchant';
    const event = request(merchantId, { kind, customer_id: a.id, shop_id: Number(shopId) });
    await deliver(gdpr, event);
    expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind, problem }]);
    expect(await stays(a.id)).toBe(true);
    await deliver(gdpr, { ...event, event_id: randomUUID(), ...{ shop_id: 954_889 } });
    expect(await faultOf(gdpr, event.event_id)).toBe(problem);
    expect((await pendingOf(merchantId)).map((pending) => pending.problem)).toEqual(
      kind === 'redact' ? [] : [null],
    );
    expect(await stays(a.id)).toBe(kind !== 'redact');
  },
);

it.each<[string, object]>([
  ['a phone number', { customer: { phone: '555-0100' } }],
  ['a customer in capitals', { Customer: { id: 7 } }],
])('redacts no merchant when the request names a person by %s', async (_what, person) => {
  const merchantId = aMerchantId();
  const event = request(merchantId, { kind: 'shop_redact', ...person });
  await deliver(gdpr, event);
  const problem = 'kind: shop_redact must not name a person';
  expect(await pendingOf(merchantId)).toEqual([{ requestId: event.request_id, kind: 'unknown', problem }]);
});

it.each(['its own shop', 'an unconnected shop'])('erases by merchant_id and %s', async (which) => {
  const { merchantId, a, stays } = await two();
  const shop = `s-${randomUUID()}.myshopify.com`;
  if (which === 'its own shop') {
    await insertConnection(database.owner, { merchantId, shop, shopId: randomInt(1e12) });
  }
  await deliver(gdpr, request(merchantId, { customer_id: a.id, shop_domain: shop }));
  expect(await stays(a.id)).toBe(false);
  expect(await pendingOf(merchantId)).toEqual([]);
});
