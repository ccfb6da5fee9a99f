// tag: compliance
import { randomBytes, randomUUID } from 'node:crypto';
import { externalIdOf } from '@core/contracts';
import { inTransaction } from '@core/db';
import { aMerchantId, gid, waitUntil } from '@core/testing';
import {
  createPageTokens,
  eraseRequested,
  getErasureReceipt,
  getPrivacyRequest,
  listRequestsOfMerchant,
  readSeal,
  recordPrivacyRequest,
  redactCustomer,
  requestErasure,
  sealAudit,
  withdrawShopRedaction,
  type ListRequestsOfMerchant,
  type RequestErasure,
} from '../src/index.ts';
import { newNumber, openPrivacy, placeOf, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const ask = (input: RequestErasure) =>
  world.as('api', (tx, ctx) => requestErasure(tx, ctx, input), input.merchantId);
/** Works as the worker does, until no erasure waits. */
async function work(): Promise<string[]> {
  const done: string[] = [];
  for (;;) {
    const erased = await world.as('worker', eraseRequested);
    if (!erased) return done;
    done.push(erased.requestId);
  }
}
const auditOf = async (merchantId: RequestErasure['merchantId']) =>
  (await world.rows<{ action: string }>('audit_log', merchantId)).map(({ action }) => action);

describe('an erasure that is requested through the api', () => {
  it.each(['customerId', 'externalId'] as const)('is carried out by the worker, by %s', async (name) => {
    const merchantId = aMerchantId();
    const [person, other] = await world.people(merchantId, 2);
    const requestId = randomUUID();
    const request = { merchantId, requestId, [name]: person?.[name] };
    expect(await ask(request)).toMatchObject({
      kind: 'redact',
      customerId: person?.customerId,
      completedAt: null,
    });
    expect(await ask(request)).toMatchObject({ requestId, completedAt: null });
    expect(await work()).toEqual([requestId]);
    expect(await work()).toEqual([]);

    const { places } = await world.as(
      'api',
      (tx) => getErasureReceipt(tx, { merchantId, requestId }),
      merchantId,
    );
    expect(placeOf({ places }, 'customers')).toMatchObject({ found: 1 });
    const rows = await world.rows<{ id: string; erased_at: Date | null }>('customers', merchantId);
    expect(rows.filter(({ erased_at }) => erased_at).map(({ id }) => id)).toEqual([person?.customerId]);
    expect(rows.map(({ id }) => id)).toContain(other?.customerId);
    expect(await world.search({ email: person?.email ?? '', number: String(person?.number) })).toEqual([]);
    // A repetition after the erasure is answered, although no customer has these names any more.
    expect((await ask(request)).completedAt).toBeInstanceOf(Date);
    expect(await auditOf(merchantId)).toEqual(expect.arrayContaining(['privacy.request', 'customer.erase']));
  });

  it('is refused for a person who is not stored, and for one of another merchant', async () => {
    const merchantId = aMerchantId();
    const [person] = await world.people(merchantId, 1);
    const [stranger] = await world.people(aMerchantId(), 1);
    for (const names of [
      { customerId: stranger?.customerId },
      { externalId: externalIdOf(gid(newNumber())) },
      { externalId: stranger && externalIdOf(stranger.externalId) },
    ]) {
      await expect(ask({ merchantId, requestId: randomUUID(), ...names })).rejects.toMatchObject({
        kind: 'not_found',
      });
    }
    const names = { customerId: person?.customerId };
    await ask({ merchantId, requestId: randomUUID(), ...names });
    await work();
    await expect(ask({ merchantId, requestId: randomUUID(), ...names })).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await world.rows('privacy_requests', merchantId)).toHaveLength(1);
  });

  it('names its person by one of the two ids', async () => {
    const merchantId = aMerchantId();
    const [person] = await world.people(merchantId, 1);
    const both = { customerId: person?.customerId, externalId: person && externalIdOf(person.externalId) };
    for (const names of [{}, both]) {
      await expect(ask({ merchantId, requestId: randomUUID(), ...names })).rejects.toMatchObject({
        kind: 'invalid_argument',
        field: 'customer_id',
      });
    }
  });

  it('shares its id with no other request and no other person', async () => {
    const merchantId = aMerchantId();
    const [one, two] = await world.people(merchantId, 2);
    const requestId = randomUUID();
    await ask({ merchantId, requestId, customerId: one?.customerId });
    const reused = { kind: 'invalid_argument', field: 'request_id' };
    await expect(ask({ merchantId, requestId, customerId: two?.customerId })).rejects.toMatchObject(reused);
    const event = { merchantId, requestId, customerId: two?.customerId };
    await expect(world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, event))).rejects.toMatchObject(
      reused,
    );
    expect(await work()).toEqual([requestId]);
    await expect(ask({ merchantId, requestId, customerId: two?.customerId })).rejects.toMatchObject(reused);

    for (const kind of ['redact', 'data_request'] as const) {
      const taken = randomUUID();
      await world.as('worker', (tx, ctx) =>
        recordPrivacyRequest(tx, ctx, { merchantId, requestId: taken, kind }),
      );
      await expect(ask({ merchantId, requestId: taken, customerId: two?.customerId })).rejects.toMatchObject(
        reused,
      );
    }
    // A redact of a webhook is not the worker's to carry out here.
    expect(await work()).toEqual([]);
  });
});

describe('a merchant', () => {
  const given = async () => {
    const merchantId = aMerchantId();
    const ids = Array.from({ length: 6 }, (_, n) => `r-${n}`);
    for (const [n, requestId] of ids.entries()) {
      await world.given.aRequest(merchantId, {
        requestId,
        kind: n < 4 ? 'data_request' : 'shop_redact',
        daysOld: n,
        done: n === 3,
      });
    }
    return merchantId;
  };
  const pages = { pageTokens: createPageTokens([randomBytes(32)]) };
  async function list(
    input: Pick<ListRequestsOfMerchant, 'merchantId' | 'openOnly' | 'kind'>,
    pageSize = 2,
  ): Promise<string[]> {
    const all: string[] = [];
    let pageToken = '';
    do {
      const page = await world.as(
        'api',
        (tx) => listRequestsOfMerchant(tx, pages, { ...input, pageSize, pageToken }),
        input.merchantId,
      );
      all.push(...page.requests.map(({ requestId }) => requestId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    return all;
  }

  it('lists its requests in pages: open ones by urgency, all of them by age', async () => {
    const merchantId = await given();
    expect(await list({ merchantId, openOnly: true })).toEqual(['r-5', 'r-4', 'r-2', 'r-1', 'r-0']);
    expect(await list({ merchantId, openOnly: false })).toEqual(['r-0', 'r-1', 'r-2', 'r-3', 'r-4', 'r-5']);
    expect(await list({ merchantId, openOnly: true, kind: 'shop_redact' })).toEqual(['r-5', 'r-4']);
    expect(await list({ merchantId: aMerchantId(), openOnly: false })).toEqual([]);
  });

  it('cancels the erasure of a shop while it waits, and nothing else', async () => {
    const merchantId = aMerchantId();
    const cases = [
      ['waits', { kind: 'shop_redact', waitsHours: 5, receipt: { shop: 'a.myshopify.com' } }, null],
      ['held', { kind: 'shop_redact', held: true }, /held/],
      ['begun', { kind: 'shop_redact', receipt: { whole: true } }, /has begun/],
      ['done', { kind: 'shop_redact', done: true }, /it is done/],
      ['person', { kind: 'redact' }, /only the erasure of a shop/],
    ] as const;
    for (const [requestId, request, refusal] of cases) {
      await world.given.aRequest(merchantId, { requestId, ...request });
      const cancel = (of = merchantId) =>
        world.as('api', (tx, ctx) => withdrawShopRedaction(tx, ctx, { merchantId: of, requestId }), of);
      await expect(cancel(aMerchantId())).rejects.toMatchObject({ kind: 'not_found' });
      if (refusal) {
        await expect(cancel()).rejects.toMatchObject({ kind: 'failed_precondition', message: refusal });
        continue;
      }
      await cancel();
      const read = () =>
        world.as('api', (tx) => getPrivacyRequest(tx, { merchantId, requestId }), merchantId);
      expect(await read()).toMatchObject({ cancelReason: 'withdrawn', shop: 'a.myshopify.com' });
      await expect(cancel()).rejects.toMatchObject({ message: /it was cancelled/ });
    }
    expect(await auditOf(merchantId)).toEqual(['privacy.cancel']);
  });

  it('sees whether its audit log is sealed', async () => {
    const merchantId = aMerchantId();
    const read = () => world.as('api', (tx) => readSeal(tx, { merchantId }), merchantId);
    await world.people(merchantId, 1);
    const { unsealed } = await read();
    expect(unsealed).toBe(1);
    await waitUntil(
      async () => {
        await world.as('owner', sealAudit);
        return (await read()).unsealed === 0;
      },
      { what: 'the seal' },
    );
    const { seal } = await read();
    expect(seal).toMatchObject({ holds: true, sealedAt: expect.any(Date) });
    await inTransaction(world.pools.owner, (tx) =>
      tx.query('update audit_seals set rows = rows + 1 where seq = $1', [seal?.seq]),
    );
    expect((await read()).seal).toMatchObject({ holds: false });
  });
});
