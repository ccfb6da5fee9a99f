// tag: compliance
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { appendAudit, appendSharedAudit, inTransaction, type Pool } from '@core/db';
import { startStack, type Stack } from '@core/stack';
import { aCustomerId, aMerchantId, waitUntil } from '@core/testing';
import { canonicalJson } from '../src/core/index.ts';
import { sealAudit, verifyAudit } from '../src/index.ts';

let stack: Stack;
let api: Pool;
let sealer: Pool;
let owner: Pool;
beforeEach(async () => {
  stack = await startStack({ services: 'run', postgres: {} });
  api = stack.pool('core_api', { max: 4 });
  sealer = stack.pool('core_sealer', { max: 4 });
  owner = stack.pool('core_owner', { max: 4 });
});
afterEach(() => stack.stop());

const merchantId = aMerchantId();
const entry = (action: string) => ({ merchantId, action, detail: { b: 1, a: ['ü', { z: null, y: 0.5 }] } });
const actor = { caller: 'spec', requestId: 'r-1' };
const append = (action = 'spec.done') =>
  inTransaction(api, (tx) => appendAudit(tx, actor, entry(action)), { merchantId });
const appendShared = (action: string) =>
  inTransaction(
    api,
    (tx) => appendSharedAudit(tx, actor, { merchantId, action, customerIds: [aCustomerId(), aCustomerId()] }),
    { merchantId },
  );
/** Waits for all transactions, including those of other specs in other databases of the cluster. */
const ended = () =>
  waitUntil(
    async () =>
      (
        await owner.query(
          'select from audit_log where xid >= pg_snapshot_xmin(pg_current_snapshot()) limit 1',
        )
      ).rowCount === 0,
    { what: 'the transactions to end' },
  );
const seal = () => inTransaction(sealer, (tx) => sealAudit(tx));
const verify = (expect?: { seq: number; hash: string }) =>
  inTransaction(sealer, (tx) => verifyAudit(tx, { expect }));
/** Seals nine rows in three seals. */
async function chain() {
  for (let n = 0; n < 3; n++) {
    await append(`spec.${n}.first`);
    await append(`spec.${n}.second`);
    await appendShared(`spec.${n}.shared`);
    await ended();
    expect((await seal())?.rows).toBe(3);
  }
}
const broken = async (expected?: { seq: number; hash: string }) =>
  (await verify(expected)).broken.map(({ seq, what }) => `${seq}: ${what}`);

it('seals ended transactions once, and verifies the seals', async () => {
  expect(await seal()).toBeNull();
  await chain();
  expect(await seal()).toBeNull();
  await append();
  const { broken, seals, rows, unsealed } = await verify();
  expect([broken, seals, rows, unsealed.rows]).toEqual([[], 3, 9, 1]);
});

// While both builds run, and after a rollback, each build reads seals of the other.
it('hashes rows as the previous build does, which does not know rows with several customers', async () => {
  await chain();
  const { rows } = await owner.query<{ seq: string; row: unknown[]; hash: Buffer }>(
    `select seq::text, rows_hash as hash,
            jsonb_build_array(xid::text, id, merchant_id, customer_id, actor, action, detail, request_id,
                              (extract(epoch from occurred_at) * 1000000)::bigint::text) as row
       from audit_log join audit_seals on xid >= from_xid and xid < to_xid order by xid, id`,
  );
  const seals = Map.groupBy(rows, ({ seq }) => seq);
  expect(seals.size).toBe(3);
  for (const sealed of seals.values()) {
    const lines = sealed.map(({ row }) => `${canonicalJson(row)}\n`).join('');
    expect(createHash('sha256').update(lines).digest()).toEqual(sealed[0]!.hash);
  }
});

it('waits for a writer whose transaction started earlier and ends later', async () => {
  const slow = new Client(stack.database.urlFor('core_api'));
  await slow.connect();
  await slow.query(`begin; set local core.merchant_id = '${merchantId}'`);
  await slow.query(
    `insert into audit_log (merchant_id, actor, action, request_id) values ($1, 'slow', 'spec.slow', 'r-2')`,
    [merchantId],
  );
  await append();
  // The later transaction has ended, but the earlier one may still write.
  expect(await seal()).toBeNull();
  await slow.query('commit');
  await slow.end();
  await ended();
  expect((await seal())?.rows).toBe(2);
  expect(await broken()).toEqual([]);
});

it('lets one process seal at a time', async () => {
  await append();
  await ended();
  const both = await inTransaction(sealer, async (tx) => [await sealAudit(tx), await seal()]);
  expect(both.map((each) => each?.rows)).toEqual([1, undefined]);
});

it('leaves out no row while writers write', async () => {
  let writing = true;
  const writers = Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      for (let i = 0; i < 100; i++) await append(`spec.${n}.${i}`);
    }),
  ).finally(() => (writing = false));
  while (writing) await seal();
  await writers;
  await ended();
  await seal();
  const { broken, rows, unsealed } = await verify();
  expect([broken, rows, unsealed.rows]).toEqual([[], 400, 0]);
});

it('seals a transaction with more rows than fit into a seal, and the rows after it', async () => {
  await owner.query(
    `insert into audit_log (merchant_id, actor, action, request_id)
     select $1, 'spec', 'spec.many', 'r-1' from generate_series(1, 50001)`,
    [merchantId],
  );
  await append();
  await ended();
  expect((await seal())?.rows).toBe(50_001);
  expect((await seal())?.rows).toBe(1);
  expect(await broken()).toEqual([]);
});

it('refuses to seal where PostgreSQL counts transactions from the start again, as in a restored cluster', async () => {
  await chain();
  await owner.query(
    `update audit_seals set to_xid = (to_xid::text::bigint + 1000000000)::text::xid8 where seq = 3`,
  );
  await append();
  await expect(seal()).rejects.toThrow('pg_resetwal');
});

it('verifies from a kept head, and refuses another one', async () => {
  await append();
  await ended();
  await seal();
  const { head } = await verify();
  await chain();
  const from = (kept: { seq: number; hash: string }) =>
    inTransaction(sealer, (tx) => verifyAudit(tx, { from: kept }));
  expect(await from(head!)).toMatchObject({ seals: 3, rows: 9, broken: [], head: { seq: 4 } });
  await owner.query(`update audit_log set actor = 'x' where action = 'spec.2.first'`);
  expect((await from(head!)).broken).toMatchObject([{ seq: 4 }]);
  await expect(from({ ...head!, hash: '00' })).rejects.toThrow(
    'seal 1 is missing or differs from the kept one',
  );
  await expect(from({ ...head!, seq: 9 })).rejects.toThrow('seal 9 is missing or differs from the kept one');
});

describe('finds', () => {
  beforeEach(chain);
  const CHANGED = '2: its rows differ from the sealed ones: 3 then, 3 now';
  /** The owner of the table can drop its checks. */
  const uncheck =
    'alter table audit_log drop constraint ck_audit_log_customers, drop constraint ck_audit_log_customers_sha256';
  const changeCustomers = (ids: string, which = 'shared') =>
    `${uncheck}; update audit_log set customer_ids = ${ids} where action = 'spec.1.${which}'`;

  it.each([
    [
      'another actor',
      `update audit_log set actor = 'somebody else' where action = 'spec.1.first'`,
      [CHANGED],
    ],
    ['another detail', `update audit_log set detail = '{"b":2}' where action = 'spec.1.first'`, [CHANGED]],
    ['another customer of several', changeCustomers('array[customer_ids[1], uuidv7()]'), [CHANGED]],
    ['an additional customer', changeCustomers('customer_ids || uuidv7()'), [CHANGED]],
    ['a missing customer', changeCustomers('customer_ids[1:1]'), [CHANGED]],
    ['deleted customers', changeCustomers('null'), [CHANGED]],
    ['customers added to a row without any', changeCustomers('array[uuidv7()]', 'first'), [CHANGED]],
    [
      'another time',
      `update audit_log set occurred_at = occurred_at + interval '1 microsecond' where action = 'spec.1.first'`,
      [CHANGED],
    ],
    [
      'two swapped rows',
      `update audit_log a set action = b.action from audit_log b
        where a.action like 'spec.1.%' and b.action like 'spec.1.%' and a.id <> b.id`,
      [CHANGED],
    ],
    [
      'a deleted row',
      `delete from audit_log where action = 'spec.1.first'`,
      ['2: its rows differ from the sealed ones: 3 then, 2 now'],
    ],
    [
      'an inserted row',
      `insert into audit_log (merchant_id, actor, action, request_id, xid)
       select merchant_id, actor, 'spec.forged', request_id, xid from audit_log where action = 'spec.1.first'`,
      ['2: its rows differ from the sealed ones: 3 then, 4 now'],
    ],
    ['a changed seal', `update audit_seals set rows = 1 where seq = 2`, ['2: its own hash is wrong']],
    ['a deleted seal', `delete from audit_seals where seq = 2`, ['3: seal 2 should precede it']],
    [
      'a seal that is cut off from the previous one',
      `update audit_seals set previous_hash = rows_hash where seq = 2`,
      ['2: it does not follow the seal before it', '2: its own hash is wrong'],
    ],
  ])('%s', async (_, tampering, found) => {
    await owner.query(tampering);
    expect(await broken()).toEqual(found);
  });

  it('a cut-off end and a rebuilt chain, with a kept head', async () => {
    const { head } = await verify();
    expect(await broken(head!)).toEqual([]);
    await owner.query('delete from audit_seals where seq = 3');
    expect(await broken()).toEqual([]);
    expect(await broken(head!)).toEqual(['3: the kept seal is missing']);
    await owner.query(`update audit_log set actor = 'x' where action = 'spec.2.first'`);
    await seal();
    expect(await broken()).toEqual([]);
    expect(await broken(head!)).toEqual(['3: it differs from the kept seal']);
  });
});
