import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import type { OutboxStatus } from '@core/events';
import { aMerchantId } from '@core/testing';
import { openOps, ops, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeAll(async () => (stack = await openOps()));
afterAll(() => stack.close());

const createCustomers = (merchantId: MerchantId, n: number): Promise<string[]> =>
  stack.given.customers(merchantId, n);
const replayed = async (merchantId: MerchantId): Promise<string[]> =>
  (
    await stack.owner.query<{ customer_id: string }>(
      `select customer_id from outbox_events where merchant_id = $1 and origin = 'replay' order by id`,
      [merchantId],
    )
  ).rows.map(({ customer_id }) => customer_id);

describe('outbox status', () => {
  it('shows the backlog and the holder of each shard, and the partitions', async () => {
    await stack.owner.query(
      `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin, occurred_at)
       select 0, 2, 'customer.updated', uuidv7(), uuidv7(), 2, '{email}', 'api', now() - make_interval(hours => n)
         from generate_series(1, 3) as n`,
    );
    await stack.owner.query(
      `update outbox_shards set owner = 'host/1/x', fence = 7, lease_until = now() + interval '1 hour' where shard = 1`,
    );
    await stack.owner.query(
      `update outbox_shards set owner = 'host/2/y', lease_until = now() - interval '1 hour' where shard = 2`,
    );
    const status = await stack.opsJson<OutboxStatus & { backlog: number }>('outbox', 'status');
    expect(status.backlog).toBe(3);
    expect(status.shards).toMatchObject([
      { shard: 0, backlog: 0, oldest_seconds: null, holder: null, lease_seconds: null },
      { shard: 1, backlog: 0, holder: 'host/1/x', fence: 7 },
      { shard: 2, backlog: 3, holder: 'host/2/y' },
      { shard: 3, backlog: 0 },
    ]);
    expect(status.shards[2]!.oldest_seconds).toBeGreaterThan(3 * 3600 - 60);
    expect(status.partitions.map(({ partition, current, events }) => [partition, current, events])).toEqual([
      [0, true, 3],
      [1, false, 0],
      [2, false, 0],
    ]);
    expect(status.partitions[0]!.bytes).toBeGreaterThan(status.partitions[1]!.bytes);

    const { stdout } = await stack.ops('outbox', 'status');
    expect(stdout).toMatch(/^3 events to publish\n/);
    expect(stdout).toMatch(/^ +2 +3 +3h +expired \d[hm]\d* ago +\d+ +host\/2\/y$/m);
    expect(stdout).toMatch(/^ +0 +3 +\S+ kB +append here$/m);
    await stack.owner.query('delete from outbox_events');
  });
});

describe('outbox refused', () => {
  const refuse = async (merchantId: MerchantId, customerId: string, error = 'Kafka: too large') => {
    await stack.owner.query(
      `insert into outbox_refused (event_id, event, error, refused_at)
       select id, jsonb_build_object('id', 1, 'event_id', id, 'merchant_id', $1::uuid, 'customer_id', $2::uuid,
                                     'version', 2, 'changed_fields', array['forged']), $3, now() - interval '3 hours'
         from uuidv7() as id`,
      [merchantId, customerId, error],
    );
  };
  const asOwner = (...args: string[]) => ops(['outbox', 'refused', ...args], stack.envAs('core_owner'));
  const left = async () => (await stack.owner.query('select from outbox_refused')).rowCount;

  it('shows the refused events, or that there are none, also in the status', async () => {
    expect(await stack.ops('outbox', 'refused')).toEqual({
      code: 0,
      stdout: 'Kafka has refused no event\n',
      stderr: '',
    });
    expect(await stack.opsJson('outbox', 'status')).toMatchObject({
      refused: { events: 0, oldest_seconds: null },
    });
    const merchantId = aMerchantId();
    const [known] = await createCustomers(merchantId, 1);
    const unknown = randomUUID();
    await refuse(merchantId, known!);
    await refuse(merchantId, unknown, 'Kafka: \u001b[31mtoo large');

    expect((await stack.ops('outbox', 'status')).stdout).toMatch(
      /to publish\n2 events refused by Kafka, the oldest 3h ago; see: npm run ops -- outbox refused\n/,
    );
    expect(await stack.opsJson('outbox', 'status')).toMatchObject({ refused: { events: 2 } });
    const { stdout } = await stack.ops('outbox', 'refused');
    expect(stdout).toMatch(new RegExp(`^3h ago .* ${merchantId} +${known} +2 +Kafka: too large$`, 'm'));
    expect(stdout).toMatch(new RegExp(` ${unknown} \\(unknown\\) +2 +Kafka: \\\\u001b\\[31mtoo large$`, 'm'));
    expect(stdout).not.toContain('forged');
  });

  it('publishes their customers again and removes the events, after a confirmation', async () => {
    const merchantId = aMerchantId();
    const [known] = await createCustomers(merchantId, 1);
    await refuse(merchantId, known!);
    await refuse(merchantId, known!);
    const before = await left();
    const dry = await asOwner('--republish');
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`republish the customers of ${before} refused events\ndry run`),
    });
    expect([await left(), await replayed(merchantId)]).toEqual([before, []]);

    const done = await asOwner('--republish', '--actor', 'ada', '--yes');
    expect(done).toEqual({
      code: 0,
      stdout: `appended 2 events, removed ${before} refused events\n`,
      stderr: '',
    });
    expect(await left()).toBe(0);
    expect(await replayed(merchantId)).toEqual([known]);
    const { rows } = await stack.owner.query(
      'select actor, action, detail from audit_log where merchant_id = $1',
      [merchantId],
    );
    expect(rows).toEqual([{ actor: 'ops:ada', action: 'events.replay', detail: { customers: 1 } }]);
  });

  it('names the required role', async () => {
    const merchantId = aMerchantId();
    const [known] = await createCustomers(merchantId, 1);
    await refuse(merchantId, known!);
    expect(await stack.ops('outbox', 'refused', '--republish', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('set CORE_DB_USER to core_owner'),
    });
    expect([await left(), await replayed(merchantId)]).toEqual([1, []]);
    await stack.owner.query('delete from outbox_refused');
  });
});

describe('outbox replay', () => {
  it('changes nothing without --yes, then replays a merchant', async () => {
    const [merchantId, other] = [aMerchantId(), aMerchantId()];
    const ids = await createCustomers(merchantId, 7);
    await createCustomers(other, 1);
    const dry = await stack.ops('outbox', 'replay', '--merchant', merchantId);
    expect(dry).toEqual({
      code: 0,
      stdout: 'would append 7 events at 500/s, about 1 second\ndry run: nothing was done; --yes does it\n',
      stderr: '',
    });
    expect(await replayed(merchantId)).toEqual([]);
    const refused = await ops(['outbox', 'replay', '--merchant', merchantId], stack.env, { answer: false });
    expect(refused.stderr).toBe(
      'would append 7 events at 500/s, about 1 second\nappend 7 events at 500/s, about 1 second?\n',
    );
    expect(await replayed(merchantId)).toEqual([]);

    const args = ['outbox', 'replay', '--merchant', merchantId, '--rate', '1000/s', '--actor', 'ada'];
    const done = await stack.opsJson(...args, '--yes');
    expect(done).toEqual({ dry_run: false, events: 7, appended: 7 });
    expect((await replayed(merchantId)).sort()).toEqual([...ids].sort());
    expect(await replayed(other)).toEqual([]);
    const { rows } = await stack.owner.query(
      'select actor, action, detail from audit_log where merchant_id = $1',
      [merchantId],
    );
    expect(rows).toEqual([{ actor: 'ops:ada', action: 'events.replay', detail: { customers: 7 } }]);
  });

  it('replays selected customers, and a range of time', async () => {
    const [early, late] = [aMerchantId(), aMerchantId()];
    const [customer] = await createCustomers(early, 2);
    const { rows } = await stack.owner.query<{ now: Date }>('select clock_timestamp() as now');
    const ids = await createCustomers(late, 2);
    await stack.ops('outbox', 'replay', '--customer', customer!, '--customer', ids[0]!, '--yes');
    expect([await replayed(early), await replayed(late)]).toEqual([[customer], [ids[0]]]);

    const since = new Date(rows[0]!.now.getTime() + 1).toISOString(); // a Date is cut to the millisecond
    const done = await stack.opsJson<{ appended: number }>('outbox', 'replay', '--since', since, '--yes');
    expect(done.appended).toBeLessThanOrEqual(2);
    expect(await replayed(early)).toEqual([customer]);
  });

  it('names unknown customers and merchants', async () => {
    const [merchantId, other, unknown] = [aMerchantId(), aMerchantId(), randomUUID()];
    const [mine] = await createCustomers(merchantId, 1);
    const [theirs] = await createCustomers(other, 1);
    for (const [args, says] of [
      [['--merchant', unknown], `there is no customer of merchant ${unknown}`],
      [['--customer', mine!, '--customer', unknown], `there is no customer ${unknown}`],
      [
        ['--merchant', merchantId, '--customer', mine!, '--customer', theirs!],
        `there is no customer ${theirs} of merchant ${merchantId}`,
      ],
    ] as const) {
      expect(await stack.ops('outbox', 'replay', ...args, '--yes')).toEqual({
        code: 1,
        stdout: '',
        stderr: `${says}\n`,
      });
    }
    expect([await replayed(merchantId), await replayed(other)]).toEqual([[], []]);
  });

  it('shows a bar to an operator who confirms', async () => {
    const merchantId = aMerchantId();
    await createCustomers(merchantId, 3);
    const result = await ops(['outbox', 'replay', '--merchant', merchantId], stack.env, { answer: true });
    expect(result).toMatchObject({ code: 0, stdout: 'appended 3 events\n' });
    expect(result.stderr).toMatch(/█{30} 3 of 3 events\n$/);
    expect(await replayed(merchantId)).toHaveLength(3);
  });

  it('prints the command that continues on Ctrl-C, and the continuation omits no customer', async () => {
    const merchantId = aMerchantId();
    const ids = await createCustomers(merchantId, 30);
    const args = ['outbox', 'replay', '--merchant', merchantId, '--rate', '2', '--yes'];
    const stopped = await ops(args, stack.env, { stopWhen: /\d of 30 events/ });
    expect(stopped.code).toBe(1);
    const [, appended] = /^stopped; appended (\d+) events\n/.exec(stopped.stdout) ?? [];
    expect(Number(appended)).toBeGreaterThan(0);
    expect(Number(appended)).toBeLessThan(30);
    expect(await replayed(merchantId)).toHaveLength(Number(appended));

    const [, continuation] = /^continue with: npm run ops -- (.+)$/m.exec(stopped.stdout) ?? [];
    const rest = await stack.ops(...continuation!.replace('--rate 2', '--rate 1000').split(' '));
    expect(rest.stdout).toBe(`appended ${30 - Number(appended)} events\n`);
    expect((await replayed(merchantId)).sort()).toEqual([...ids].sort());
  });

  it('waits while the outbox is full', async () => {
    const merchantId = aMerchantId();
    await createCustomers(merchantId, 3);
    await stack.owner.query(
      `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       select 1, 0, 'customer.updated', uuidv7(), uuidv7(), 2, '{email}', 'api' from generate_series(1, 10001)`,
    );
    const stopped = await ops(['outbox', 'replay', '--merchant', merchantId, '--yes'], stack.env, {
      stopWhen: /waiting/,
    });
    expect(stopped).toMatchObject({ code: 1, stderr: '0 of 3 events, waiting for the relay\n' });
    expect(await replayed(merchantId)).toEqual([]);
    await stack.owner.query('delete from outbox_events');
    await stack.ops('outbox', 'replay', '--merchant', merchantId, '--yes');
    expect(await replayed(merchantId)).toHaveLength(3);
  });

  it.each([
    [[], /^--merchant, --customer or --since: at least one of them is required\n/],
    [['--merchant', 'x'], /^--merchant: must be a UUID\n/],
    [['--since', '1h', '--rate', '5/m'], /^--rate: must be a whole number from 1 to 100000, got 5\/m\n/],
    [['--since', '2100-01-01T00:00:00Z'], /^--since: must not be in the future, got 2100/],
    [
      ['--since', '2026-01-02T00:00:00Z', '--until', '2026-01-01T00:00:00Z'],
      /^--until: must be later than --since, which is 2026-01-02T00:00:00Z\n/,
    ],
    [
      ['--since', '2026-01-02T00:00:00Z', '--until', '2026-01-02T00:00:00Z'],
      /^--until: must be later than --since/,
    ],
    [['--since', '1h', '--after', 'x'], /^--after: must be a position that a stopped replay printed\n/],
  ])('refuses the usage %j', async (args, why) => {
    const result = await stack.ops('outbox', 'replay', ...args, '--yes');
    expect(result).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(why) });
  });
});
