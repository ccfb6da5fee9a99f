import { randomUUID } from 'node:crypto';
import type { KeptFields } from '@core/contracts';
import { sendDeadLetters, type ConsumedRecord, type DeadLetter } from '@core/events';
import { aMerchantId, waitUntil } from '@core/testing';
import { newTopic, openOps, ops, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeAll(async () => (stack = await openOps()));
afterAll(() => stack.close());

interface Listed {
  total: number;
  dead_letters: { partition: number; offset: number; reason: string; event_id: string; resolved: unknown }[];
}

const read = async (topic: string): Promise<ConsumedRecord[]> => {
  const records: ConsumedRecord[] = [];
  for await (const record of stack.kafka.read(topic)) records.push(record);
  return records;
};
const list = (topic: string, ...args: string[]) =>
  stack.opsJson<Listed>('dlq', 'list', '--topic', topic, ...args);

const keeps: KeptFields = {
  event_id: 'text',
  merchant_id: 'text',
  customer_id: 'uuid',
  email: 'removed',
};
const customerId = randomUUID();
const merchantId = aMerchantId();
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const bodies = {
  malformed: '{}',
  invalid: JSON.stringify({ event_id: 'e-invalid', customer_id: customerId, merchant_id: 'nobody' }),
  unknown_customer: JSON.stringify({
    event_id: 'e-unknown',
    merchant_id: merchantId,
    customer_id: customerId,
  }),
} as const;

/** The audit rows of a topic's dead letters. */
const auditOf = async (topic: string) =>
  (
    await stack.owner.query(
      `select actor, action, merchant_id, customer_id, detail from audit_log where detail ->> 'topic' = $1`,
      [`${topic}.dlq`],
    )
  ).rows;

/** Creates a topic with three dead letters of poisoned records. */
async function poison(): Promise<string> {
  const topic = await newTopic(stack.kafka);
  const letters = Object.entries(bodies).map(([reason, body], i): DeadLetter => ({
    record: {
      topic,
      partition: i % 2,
      offset: BigInt(100 + i),
      key: Buffer.from(customerId),
      headers: { ce_type: 'rfm.updated', ce_id: `ce-${i}`, traceparent },
      value: Buffer.from(body),
    },
    keeps,
    reason: reason as DeadLetter['reason'],
    ...(reason === 'invalid' ? { fault: { field: 'merchant_id', rule: 'must be a UUID' } } : {}),
    attempts: i + 1,
  }));
  // One at a time, so that their timestamps differ.
  for (const letter of letters) await sendDeadLetters(await stack.kafka.producer(), [letter]);
  return topic;
}

describe('dlq', () => {
  it('lists and shows dead letters; a dry run changes nothing; a redrive empties the list', async () => {
    const topic = await poison();
    const found = await list(topic);
    expect(found.total).toBe(3);
    expect(found.dead_letters.map(({ reason, event_id }) => [reason, event_id])).toEqual([
      ['malformed', 'ce-0'],
      ['invalid', 'ce-1'],
      ['unknown_customer', 'ce-2'],
    ]);
    const text = await stack.ops('dlq', 'list', '--topic', `${topic}.dlq`);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout.split('\n')[0]).toMatch(
      /^topic +partition +offset +reason +attempts +source +event id +age$/,
    );
    expect(text.stdout).toMatch(new RegExp(`invalid +2 +${topic}/1/101 +ce-1 +\\d+[smh]`));

    const { partition, offset } = found.dead_letters[1]!;
    const named = ['--topic', topic, '--partition', String(partition), '--offset', String(offset)];
    const shown = await stack.ops('dlq', 'show', ...named);
    expect(shown.stdout).toContain('  dlq_reason: invalid\n');
    expect(shown.stdout).toContain('reason   invalid\nfield    merchant_id\nrule     must be a UUID\n');
    expect(await stack.opsJson('dlq', 'show', ...named)).toMatchObject({
      dead_letters: [{ reason: 'invalid', field: 'merchant_id', rule: 'must be a UUID' }],
    });
    expect(shown.stdout).toContain('  "merchant_id": "nobody"\n');
    expect(shown.stdout).not.toContain('malformed');

    const dry = await stack.ops('dlq', 'redrive', '--topic', topic);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain(
      'would redrive 3 records\n' +
        '2 of them are invalid or malformed and will fail again: ' +
        'have their producer send them again, then drop them with dlq drop\n' +
        'dry run: nothing was done; --yes does it\n',
    );
    expect(await read(topic)).toEqual([]);
    expect((await list(topic)).total).toBe(3);

    const done = await stack.ops('dlq', 'redrive', '--topic', topic, '--yes', '--actor', 'ada');
    expect(done).toEqual({ code: 0, stdout: 'redrove 3 records\n', stderr: '' });
    const records = await read(topic);
    expect(records.map(({ value }) => String(value)).sort()).toEqual(Object.values(bodies).sort());
    const one = records.find(({ headers }) => headers['ce_id'] === 'ce-1')!;
    expect(String(one.key)).toBe(customerId);
    expect(one.headers).toEqual({
      ce_type: 'rfm.updated',
      ce_id: 'ce-1',
      traceparent,
      redriven_from: `${topic}.dlq/${partition}/${offset}`,
    });

    expect((await stack.ops('dlq', 'list', '--topic', topic)).stdout).toBe('no dead letters\n');
    const all = await list(topic, '--all');
    expect(all.dead_letters.map(({ resolved }) => resolved)).toMatchObject(
      Array(3).fill({ resolution: 'redriven', actor: 'ops:ada' }),
    );
    // The audit log belongs to merchants: dead letters that name none are only in the resolutions.
    const { partition: at, offset: n } = found.dead_letters[2]!;
    expect(await auditOf(topic)).toEqual([
      {
        actor: 'ops:ada',
        action: 'dlq.redrive',
        merchant_id: merchantId,
        customer_id: customerId,
        detail: { topic: `${topic}.dlq`, partition: at, offset: n },
      },
    ]);
    expect(await stack.ops('dlq', 'redrive', '--topic', topic, '--yes')).toMatchObject({ code: 0 });
    expect(await read(topic)).toHaveLength(3);
  });

  it('sends each record once when two redrives run at the same time', async () => {
    const topic = await poison();
    const redrive = ['dlq', 'redrive', '--topic', topic, '--yes'];
    const redriven = await Promise.all(
      [1, 2].map(async () => (await stack.opsJson<{ redriven: number }>(...redrive)).redriven),
    );
    expect(redriven[0]! + redriven[1]!).toBe(3);
    expect(await read(topic)).toHaveLength(3);
    expect(await auditOf(topic)).toHaveLength(1);
  });

  it('drops one dead letter by its position, and others by reason', async () => {
    const topic = await poison();
    const [first] = (await list(topic)).dead_letters;
    const at = ['--partition', String(first!.partition), '--offset', String(first!.offset)];
    const dry = await stack.ops('dlq', 'drop', '--topic', topic, ...at);
    expect(dry.stdout).toContain('would drop 1 record\ndry run');
    expect((await list(topic)).total).toBe(3);
    expect(await stack.opsJson('dlq', 'drop', '--topic', topic, ...at, '--yes')).toMatchObject({
      dry_run: false,
      dropped: 1,
    });
    expect((await list(topic)).dead_letters.map(({ reason }) => reason)).toEqual([
      'invalid',
      'unknown_customer',
    ]);
    await stack.ops('dlq', 'drop', '--topic', topic, '--reason', 'invalid', '--yes');
    expect((await list(topic)).dead_letters.map(({ reason }) => reason)).toEqual(['unknown_customer']);
    expect(await read(topic)).toEqual([]);
    const { rows } = await stack.owner.query<{ actor: string }>(
      `select actor from dead_letter_resolutions where topic = $1 and resolution = 'dropped'`,
      [`${topic}.dlq`],
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]!.actor).toMatch(/^ops:.+/);
    expect(await auditOf(topic)).toEqual([]);
    await stack.ops('dlq', 'drop', '--topic', topic, '--yes', '--actor', 'ada');
    expect(await auditOf(topic)).toMatchObject([
      { actor: 'ops:ada', action: 'dlq.drop', merchant_id: merchantId, customer_id: customerId },
    ]);
  });

  it('reports the reasons of the dead letters that a filter excludes', async () => {
    const topic = await poison();
    const sent = Date.now();
    await waitUntil(() => Date.now() > sent, { what: 'a later time' });
    const since = new Date().toISOString();
    const others = 'the reasons are invalid (1), malformed (1), unknown_customer (1)\n';
    const cases: [args: string[], says: string][] = [
      [['--reason', 'unforeseen'], `none of 3 dead letters has the reason unforeseen; ${others}`],
      [['--since', since], `none of 3 dead letters is from ${since} or later; ${others}`],
      [
        ['--reason', 'invalid', '--since', since],
        `none of 3 dead letters has the reason invalid and is from ${since} or later; ${others}`,
      ],
    ];
    for (const verb of ['list', 'show', 'redrive', 'drop']) {
      for (const [args, stdout] of cases) {
        const yes = ['redrive', 'drop'].includes(verb) ? ['--yes'] : [];
        const result = await stack.ops('dlq', verb, '--topic', topic, ...args, ...yes);
        expect([verb, result]).toEqual([verb, { code: 0, stdout, stderr: '' }]);
      }
    }
    await stack.ops('dlq', 'drop', '--topic', topic, '--reason', 'invalid', '--yes');
    await stack.ops('dlq', 'drop', '--topic', topic, '--reason', 'malformed', '--yes');
    expect((await stack.ops('dlq', 'redrive', '--topic', topic, '--reason', 'invalid', '--yes')).stdout).toBe(
      'none of 1 dead letter has the reason invalid; the reasons are unknown_customer (1)\n',
    );
    await stack.ops('dlq', 'drop', '--topic', topic, '--yes');
    expect((await stack.ops('dlq', 'redrive', '--topic', topic, '--reason', 'invalid', '--yes')).stdout).toBe(
      'no dead letters\n',
    );
  });

  it('fails for a position without a record, but not for one that is already resolved', async () => {
    const topic = await poison();
    const [first] = (await list(topic)).dead_letters;
    const at = (partition: number, offset: number) => [
      ...['--topic', topic, '--partition', String(partition), '--offset', String(offset)],
    ];
    for (const verb of ['list', 'show', 'redrive', 'drop']) {
      const yes = ['redrive', 'drop'].includes(verb) ? ['--yes'] : [];
      for (const [named, says] of [
        [at(0, 999), `there is no record at ${topic}.dlq/0/999`],
        [at(9, 0), `${topic}.dlq has no partition 9, only 0 to 1`],
      ] as const) {
        const result = await stack.ops('dlq', verb, ...named, ...yes);
        expect([verb, result]).toEqual([verb, { code: 1, stdout: '', stderr: `${says}\n` }]);
      }
    }
    const drop = ['dlq', 'drop', ...at(first!.partition, first!.offset), '--yes'];
    expect(await stack.opsJson(...drop)).toMatchObject({ dropped: 1 });
    expect(await stack.opsJson(...drop)).toMatchObject({ dropped: 0 });
  });

  it('asks an operator at the terminal, but never with --json', async () => {
    const topic = await poison();
    const drop = ['dlq', 'drop', '--topic', topic, '--reason', 'invalid'];
    const no = await ops(drop, stack.env, { answer: false });
    expect(no.stderr).toMatch(/ce-1 [^]+would drop 1 record\ndrop 1 record\?\n$/);
    expect(no.stdout).toContain('dry run');
    const script = await ops([...drop, '--json'], stack.env, { answer: true });
    expect(script.stderr).toBe('');
    expect(JSON.parse(script.stdout)).toMatchObject({ dry_run: true, dropped: 0 });
    const yes = await ops(drop, stack.env, { answer: true });
    expect(yes).toMatchObject({ code: 0, stdout: 'dropped 1 record\n' });
    expect((await list(topic)).total).toBe(2);
  });

  it('filters by time and limit, oldest first, and reports that there are more', async () => {
    const topic = await poison();
    expect((await list(topic, '--since', '1h')).total).toBe(3);
    expect((await list(topic, '--since', '0s')).total).toBe(0);
    const limited = await list(topic, '--limit', '1');
    expect([limited.total, limited.dead_letters.map(({ reason }) => reason)]).toEqual([3, ['malformed']]);
    const { stdout } = await stack.ops('dlq', 'list', '--topic', topic, '--limit', '2');
    expect(stdout).toContain('the oldest 2 of 3; --limit shows more');
  });

  it('warns in the preview of a redrive only of the records that will fail again', async () => {
    const topic = await poison();
    const redrive = (reason: string) => ['dlq', 'redrive', '--topic', topic, '--reason', reason];
    const asked = await ops(redrive('invalid'), stack.env, { answer: false });
    expect(asked.stderr).toMatch(/would redrive 1 record\n1 of them is invalid .+\nredrive 1 record\?\n$/);
    const { stdout } = await stack.ops(...redrive('unknown_customer'));
    expect(stdout).toContain('would redrive 1 record\ndry run: nothing was done');
  });

  it('refuses to redrive a record without its body or personal data, and redrives the others', async () => {
    const topic = await newTopic(stack.kafka);
    const letter = (value: Buffer): DeadLetter => ({
      record: { topic, partition: 0, offset: 0n, key: Buffer.from(customerId), headers: {}, value },
      keeps,
      reason: 'unforeseen',
      attempts: 5,
    });
    await sendDeadLetters(await stack.kafka.producer(), [
      letter(Buffer.from([0xff, 0xfe])),
      letter(Buffer.from('{"email":"ada@example.com"}')),
      letter(Buffer.from('{"first_name":"Ada"}')),
      letter(Buffer.from('{"event_id":"e-1"}')),
    ]);
    const { code, stdout } = await stack.ops('dlq', 'redrive', '--topic', topic, '--yes');
    expect(code).toBe(1);
    expect(stdout).toMatch(/refused .+\.dlq\/\d\/\d+: its body of 2 bytes was left out/);
    expect(
      stdout.match(/refused .+: personal data, or fields .+; have its producer send it again, then drop it/g),
    ).toHaveLength(2);
    expect(stdout).toContain('redrove 1 record\n');
    expect((await read(topic)).map(({ value }) => String(value))).toEqual(['{"event_id":"e-1"}']);
    expect((await list(topic)).total).toBe(3);
  });

  it('does not apply the resolutions of a deleted topic to a new topic of the same name', async () => {
    const topic = await poison();
    const [first] = (await list(topic)).dead_letters;
    const at = [`${topic}.dlq`, first!.partition, first!.offset];
    await stack.owner.query(
      `insert into dead_letter_resolutions values ($1, $2, $3, 'dropped', 'ops:ada', now() - interval '1 day')`,
      at,
    );
    expect((await list(topic)).total).toBe(3);
    await stack.ops('dlq', 'drop', '--topic', topic, '--yes');
    expect((await list(topic)).total).toBe(0);
  });

  it.each([
    [['--topic', `spec.${randomUUID()}`], 1, /no topic spec\..+\.dlq; the topics are /],
    [['--offset', '3'], 2, /^--offset: needs --partition\n/],
    [['--partition', '3'], 2, /^--partition: needs --topic\n/],
    [['--reason', 'bad'], 2, /^--reason: must be one of malformed, invalid/],
    [['--since', 'yesterday'], 2, /^--since: must be a time like/],
    [['--since', '2100-01-01T00:00:00Z'], 2, /^--since: must not be in the future/],
    [['--limit', '0'], 2, /^--limit: must be a whole number from 1 to 10000, got 0\n/],
    [['--limit', '-1'], 2, /^--limit: must be a whole number from 1 to 10000, got -1\n/],
    [
      ['--topic', 'x', '--partition', '-1'],
      2,
      /^--partition: must be a whole number from 0 to 100000, got -1\n/,
    ],
    [['--limit', '1', '--limit', '2'], 2, /^--limit: is given more than once/],
    [['--limit'], 2, /^--limit: needs a value\n/],
    [['--topics', 'x'], 2, /--topics/],
    [['everything'], 2, /everything/],
  ])('refuses %j with exit code %i and the reason', async (args, code, why) => {
    const result = await stack.ops('dlq', 'list', ...args);
    expect(result).toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
    expect(result.stderr).not.toMatch(/^ {4}at /m);
  });
});
