// tag: compliance
import { createHash, randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import { appendSharedAudit } from '@core/db';
import { aCustomerId } from '@core/testing';
import { listAuditLog, type PageTokens } from '../src/index.ts';
import { auditOf, merchant, openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_api')));
afterAll(() => world.close());

const someIds = (n: number): CustomerId[] => Array.from({ length: n }, () => aCustomerId());
const append = (merchantId: MerchantId, customerIds: CustomerId[]) =>
  world.run(
    (tx, ctx) => appendSharedAudit(tx, ctx, { merchantId, action: 'spec.shared', customerIds }),
    merchantId,
  );

describe('appendSharedAudit', () => {
  it('writes one row that names all customers, with their digest', async () => {
    const [merchantId, ids] = [merchant(), someIds(1_000)];
    await append(merchantId, ids);
    const digest = createHash('sha256').update(ids.join(',')).digest('hex');
    expect(await auditOf(world, merchantId)).toMatchObject([
      {
        action: 'spec.shared',
        actor: 'spec',
        customer_id: null,
        customer_ids: ids,
        detail: { customers: 1_000, customers_sha256: digest },
      },
    ]);
  });

  it('writes a row for each thousand', async () => {
    const [merchantId, ids] = [merchant(), someIds(2_001)];
    await append(merchantId, ids);
    const rows = await auditOf(world, merchantId);
    expect(rows.map(({ customer_ids }) => customer_ids)).toEqual([
      ids.slice(0, 1_000),
      ids.slice(1_000, 2_000),
      null,
    ]);
    expect(rows[2]).toMatchObject({ customer_id: ids[2_000], detail: {} });
  });

  it('writes an ordinary row for a single customer, and nothing for none', async () => {
    const [merchantId, [id]] = [merchant(), someIds(1)];
    await append(merchantId, []);
    await append(merchantId, [id!]);
    expect(await auditOf(world, merchantId)).toMatchObject([
      { action: 'spec.shared', customer_id: id, customer_ids: null, detail: {} },
    ]);
  });
});

// Under row-level security, without statistics of the ids and with a LIMIT the planner has several ways to
// read the whole log for the few rows that name a customer.
describe('the audit log of a customer', () => {
  const tokens: PageTokens = { make: (_, [id]) => id!, read: (token) => (token ? [token] : null) };
  const merchantId = merchant();
  const [one, other] = [aCustomerId(), aCustomerId()];

  beforeAll(async () => {
    // Half of the other rows name several customers, and half name one of a few.
    await world.owner.query(
      `insert into audit_log (merchant_id, customer_id, customer_ids, actor, action, detail, request_id)
       select $1, case when n % 2 = 0 then $2::uuid end, customer_ids, 'spec', 'spec',
              case when customer_ids is null then '{}'
                   else jsonb_build_object('customers_sha256',
                          encode(sha256(convert_to(array_to_string(customer_ids, ','), 'UTF8')), 'hex')) end, 'r'
         from generate_series(1, 40000) n
         cross join lateral (select case when n % 2 = 1 then array[uuidv7(), uuidv7()] end as customer_ids) named`,
      [merchantId, randomUUID()],
    );
    for (let n = 0; n < 3; n++) await append(merchantId, [one]);
    for (let n = 0; n < 3; n++) await append(merchantId, [one, other]);
    await world.owner.query('vacuum analyze audit_log');
    // The counts of these rows could otherwise arrive while another statement is measured.
    await world.owner.query('select pg_stat_force_next_flush()');
  });

  const blocks = async (work: () => Promise<unknown>) => {
    const read = async () => {
      const { rows } = await world.owner.query<{ n: number }>(
        `select sum(heap_blks_read + heap_blks_hit)::int as n from pg_statio_user_tables
          where coalesce(pg_partition_root(relid), relid) = 'audit_log'::regclass`,
      );
      return rows[0]!.n;
    };
    const before = await read();
    await work();
    return (await read()) - before;
  };

  it.each([
    ['a customer of rows of both kinds', one, 6],
    ['a customer of shared rows', other, 3],
    ['a customer of none', aCustomerId(), 0],
  ])('of %s reads little more than its rows', async (_, customerId, rows) => {
    const list = () =>
      world.run(async (tx) => {
        const { entries } = await listAuditLog(
          tx,
          { pageTokens: tokens },
          {
            merchantId,
            customerId,
            pageSize: 0,
            pageToken: '',
          },
        );
        await tx.query('select pg_stat_force_next_flush()');
        return entries;
      }, merchantId);
    expect(await list()).toHaveLength(rows);
    expect(await blocks(list)).toBeLessThan(50);
  });
});
