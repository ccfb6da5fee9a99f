import { Client, type Pool } from 'pg';
import { insertCustomer, type TestDatabase } from '@core/testing';
import {
  assertKnownSchema,
  CUSTOMERS_SHA256,
  KNOWN_SCHEMA,
  MAX_CUSTOMERS_OF_AUDIT,
  OUTBOX_PARTITIONS,
  OUTBOX_SHARDS,
  readerOf,
} from '../src/index.ts';
import { merchant, openDatabase } from './support.ts';

let pool: Pool;
let database: TestDatabase;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, database, close } = await openDatabase()));
afterAll(() => close());

const reader = readerOf(async (text, values) => (await pool.query(text, values)).rows);

/** 32 names, 512 bytes including their separators. */
const LARGEST_FIELDS = `array_fill(repeat('f', 15), array[31]) || repeat('f', 16)`;

describe('the plan’s names', () => {
  it.each(['customers', 'program_settings', 'customer_import_logs'])(
    'include the table %s',
    async (table) => {
      const { rows } = await pool.query('select to_regclass($1) as found', [table]);
      expect(rows[0].found).toBe(table);
    },
  );

  it.each([
    ['idx_customers_merchant_id', 'btree (merchant_id'],
    ['idx_customers_rfm_score', 'gin (rfm_score'],
  ])('include the index %s', async (index, definition) => {
    const { rows } = await pool.query('select pg_get_indexdef($1::regclass) as definition', [index]);
    expect(rows[0].definition).toContain(definition);
  });
});

describe('trg_customers_updated_at', () => {
  const touch = async (assignment: string) => {
    const id = await insertCustomer(pool, merchant());
    const before = await pool.query('select updated_at from customers where id = $1', [id]);
    await pool.query(`update customers set ${assignment} where id = $1`, [id]);
    const after = await pool.query('select updated_at from customers where id = $1', [id]);
    return after.rows[0].updated_at > before.rows[0].updated_at;
  };
  it('moves updated_at with a change', async () => expect(await touch(`metadata = '{"a": 1}'`)).toBe(true));
  it('does not fire when only the ciphertext changes', async () =>
    expect(await touch(`email = '2.abc'`)).toBe(false));
});

describe('assertKnownSchema', () => {
  const apply = (when: number, oldestBuild: number | null) =>
    pool.query(`insert into schema_migrations (hash, created_at, oldest_build) values ('spec', $1, $2)`, [
      when,
      oldestBuild,
    ]);
  afterEach(() => pool.query(`delete from schema_migrations where hash = 'spec'`));

  it('accepts the schema of this build', () => expect(assertKnownSchema(reader)).resolves.toBeUndefined());
  it('names the command when a migration is missing', async () => {
    const { rows } = await pool.query('delete from schema_migrations where created_at = $1 returning hash', [
      KNOWN_SCHEMA,
    ]);
    await expect(assertKnownSchema(reader)).rejects.toThrow('npm run ops -- migrate');
    await pool.query('insert into schema_migrations (hash, created_at) values ($1, $2)', [
      rows[0].hash,
      KNOWN_SCHEMA,
    ]);
  });
  it('names a missing function', async () => {
    await pool.query('alter function list_segment rename to spec_moved');
    try {
      await expect(assertKnownSchema(reader)).rejects.toThrow(
        'the database lacks functions of this build (list_segment); run `npm run ops -- migrate` first',
      );
    } finally {
      await pool.query('alter function spec_moved rename to list_segment');
    }
  });
  it('accepts a newer schema that still supports this build', async () => {
    await apply(KNOWN_SCHEMA + 1, KNOWN_SCHEMA);
    await expect(assertKnownSchema(reader)).resolves.toBeUndefined();
  });
  it.each([null, KNOWN_SCHEMA + 1])('refuses a newer schema whose oldest build is %p', async (oldest) => {
    await apply(KNOWN_SCHEMA + 1, oldest);
    await expect(assertKnownSchema(reader)).rejects.toThrow('newer build');
  });
});

describe('the rights', () => {
  const as = async (
    role: 'core_api' | 'core_worker' | 'core_importer' | 'core_sealer',
    statement: string,
  ) => {
    const client = new Client(database.urlFor(role));
    await client.connect();
    try {
      await client.query(statement);
      return 'allowed';
    } catch (error) {
      return (error as { code: string }).code === '42501' ? 'refused' : String(error);
    } finally {
      await client.end();
    }
  };
  const apps = ['core_api', 'core_worker', 'core_importer'] as const;
  const merchantId = merchant();
  const appendAudit = (column?: string, value?: string) => `
    begin;
    set local core.merchant_id = '${merchantId}';
    insert into audit_log (merchant_id, actor, action, request_id${column ? `, ${column}` : ''})
    values ('${merchantId}', 'spec', 'spec', 'r'${value ? `, ${value}` : ''});
    rollback`;
  it.each(
    apps.flatMap(
      (role) =>
        [
          [role, `update audit_log set actor = 'x'`],
          [role, 'delete from audit_log'],
          [role, 'truncate audit_log'],
          [role, appendAudit('id', 'uuidv7()')],
          [role, appendAudit('occurred_at', `'2020-01-01'`)],
          [role, appendAudit('xid', `'3'`)],
          [role, 'truncate audit_seals'],
          [role, 'delete from audit_seals'],
          [role, 'insert into audit_seals select 1'],
          [role, 'delete from customers'],
          [role, 'truncate customers'],
          [role, 'create table mine (a int)'],
          [role, 'update merchant_keys set generation = 2'],
          [role, 'delete from erasure_tombstones'],
        ] as const,
    ),
  )('refuse %s: %s', async (role, statement) => expect(await as(role, statement)).toBe('refused'));

  it.each([
    ['core_api', 'delete from outbox_events'],
    ['core_api', 'select * from inbox_events'],
    ['core_worker', 'select * from shopify_connections'],
    ['core_worker', 'select * from audit_seals'],
    ['core_importer', 'select * from audit_seals'],
    ['core_api', `update privacy_requests set not_before = now()`],
    ['core_api', `update privacy_requests set confirmed_at = now()`],
    ['core_sealer', 'update audit_seals set rows = 0'],
    ['core_sealer', 'delete from audit_seals'],
    ['core_sealer', 'truncate audit_seals'],
    ['core_sealer', 'truncate audit_log'],
    ['core_sealer', 'delete from audit_log'],
    ['core_sealer', `insert into audit_log (actor) values ('x')`],
    ['core_sealer', 'select * from customers'],
    [
      'core_importer',
      'select * from program_settings where false; update program_settings set config_version = 9',
    ],
  ] as const)('refuse %s: %s', async (role, statement) => expect(await as(role, statement)).toBe('refused'));

  const append = (values: object) => {
    const row = {
      partition: 0,
      shard: 0,
      topic: `'customer.updated'`,
      merchant_id: `'${merchantId}'`,
      customer_id: 'uuidv7()',
      version: 2,
      changed_fields: `'{email}'`,
      origin: `'api'`,
      ...values,
    };
    return `begin; insert into outbox_events (${Object.keys(row).join()}) values (${Object.values(row).join()}); rollback`;
  };
  describe.each(apps)('of %s for the outbox', (role) => {
    it('accept a creation and an update in every partition', async () => {
      for (const partition of [0, 1, 2]) {
        expect(await as(role, append({ partition }))).toBe('allowed');
        expect(await as(role, append({ partition, topic: `'customer.created'`, version: 1 }))).toBe(
          'allowed',
        );
      }
    });
    it.each([
      [{ topic: `'gdpr_request.created'` }],
      [{ topic: `'rfm.updated'`, version: 1 }],
      [{ topic: `'customer.created.dlq'` }],
      [{ topic: `'customer.created'` }],
      [{ version: 1 }],
      [{ version: 0 }],
      [{ topic: 'null' }],
      [{ shard: -1 }],
      [{ shard: OUTBOX_SHARDS }],
      [{ shard: 99 }],
      [{ changed_fields: `array_fill('f'::text, array[33])` }],
      [{ changed_fields: `array_fill(repeat('f', 200), array[200000])` }],
      [{ changed_fields: `array[repeat('f', 513)]` }],
      [{ changed_fields: `array[chr(1)]` }],
      [{ changed_fields: `'{{email},{metadata}}'` }],
      [{ changed_fields: `'{null}'` }],
      [{ origin: `repeat('a', 33)` }],
      [{ origin: `''` }],
      [{ origin: `chr(1)` }],
      [{ traceparent: `repeat('a', 129)` }],
      [{ traceparent: `chr(10)` }],
    ])('refuse an event with %j', async (values) => {
      for (const partition of [0, 1, 2]) {
        expect(await as(role, append({ ...values, partition }))).toMatch(/check constraint|not-null/);
      }
    });
    it.each([[{ partition: -1 }], [{ partition: OUTBOX_PARTITIONS }], [{ partition: 'null' }]])(
      'refuse an event with %j',
      async (values) => expect(await as(role, append(values))).toMatch(/no partition/),
    );
    it('accept the largest event that passes the checks, and one without fields', async () => {
      const largest = { changed_fields: LARGEST_FIELDS, origin: `repeat('a', 32)` };
      expect(await as(role, append({ ...largest, traceparent: `repeat('a', 128)` }))).toBe('allowed');
      expect(await as(role, append({ changed_fields: `'{}'` }))).toBe('allowed');
    });
    it.each([[{ event_id: 'uuidv7()' }], [{ occurred_at: 'now()' }], [{ id: 1 }]])(
      'refuse to set %j',
      async (values) => {
        const statement = append(values).replace(') values', ') overriding system value values');
        expect(await as(role, statement)).toBe('refused');
      },
    );
    it.each(['outbox_events_0', 'outbox_events_1', 'outbox_events_2'])(
      'refuse an insert directly into %s',
      async (leaf) => expect(await as(role, append({}).replace('outbox_events', leaf))).toBe('refused'),
    );
  });
  it('refuse core_sealer to append events', async () =>
    expect(await as('core_sealer', append({}))).toBe('refused'));

  it.each(apps)('allow %s to append to the audit log', async (role) =>
    expect(await as(role, appendAudit())).toBe('allowed'),
  );

  const appendShared = (ids: string, { digest = CUSTOMERS_SHA256, customerId = 'null' } = {}) => `
    begin;
    set local core.merchant_id = '${merchantId}';
    insert into audit_log (merchant_id, customer_id, customer_ids, actor, action, detail, request_id)
    select '${merchantId}', ${customerId}, customer_ids, 'spec', 'spec', jsonb_build_object('customers_sha256', ${digest}), 'r'
      from (select ${ids} as customer_ids) named;
    rollback`;
  const ids = (n: number) => `(select array_agg(uuidv7()) from generate_series(1, ${n}))`;
  it.each([[2], [MAX_CUSTOMERS_OF_AUDIT]])(
    'allow the api to append an audit row that names %d customers',
    async (n) => expect(await as('core_api', appendShared(ids(n)))).toBe('allowed'),
  );
  it.each(['core_worker', 'core_importer'] as const)(
    'refuse %s an audit row that names several customers',
    async (role) => expect(await as(role, appendShared(ids(2)))).toBe('refused'),
  );
  it.each([
    ['customers', appendShared(`'{}'::uuid[]`)],
    ['customers', appendShared(ids(1))],
    ['customers', appendShared(ids(MAX_CUSTOMERS_OF_AUDIT + 1))],
    ['customers', appendShared('array[uuidv7(), null]')],
    ['customers', appendShared('array[array[uuidv7(), uuidv7()], array[uuidv7(), uuidv7()]]')],
    ['customers', appendShared(ids(2), { customerId: 'uuidv7()' })],
    ['customers_sha256', appendShared(ids(2), { digest: `repeat('0', 64)` })],
    ['customers_sha256', appendShared(ids(2), { digest: 'null::text' })],
    ['customers_sha256', appendAudit('detail', `'{"customers_sha256": "0"}'`)],
  ])('refuse the api an audit row that violates ck_audit_log_%s: %s', async (check, statement) =>
    expect(await as('core_api', statement)).toContain(`"ck_audit_log_${check}"`),
  );

  it.each([
    ['core_api', 'select * from customers limit 1'],
    ['core_worker', 'delete from outbox_events where false'],
    ['core_importer', 'update customer_import_slices set page = page where false'],
  ] as const)('allow %s: %s', async (role, statement) => expect(await as(role, statement)).toBe('allowed'));
});
