import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreService } from '@core/contracts';
import { createTopics } from '@core/events';
import { allProcesses, bearer, grpcClient, waitUntil } from '@core/testing';
import { newSecrets, startStack, type Role, type Stack } from '../src/index.ts';

const LIMIT_MS = 300_000;
const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);
const childrenOf = (pid: number) => allProcesses().filter(({ parent }) => parent === pid).length;
const score = { merchantId: randomUUID().replace(/^f/, 'e'), customerId: randomUUID() };

it(
  'starts the named parts and apps on them, and leaves no process or folder after stop',
  async () => {
    const stack = await startStack({ postgres: { replicas: 1 }, auth: {} });
    const api = await stack.start('api', { env: { ...stack.issuer.env, CORE_API_PROCESSES: '1' } });
    const pids = stack.children().map(({ pid }) => pid);
    expect(stack.children().map(({ name }) => name)).toEqual([
      'postgres-primary',
      'postgres-replica-1',
      'api',
    ]);
    const rpc = grpcClient(api.target);
    const asked = (metadata: Record<string, string>) =>
      rpc
        .unary(CoreService.method.getCustomerRFM, score, { metadata })
        .catch(({ code }: { code: number }) => code);
    expect([await asked({}), await asked(bearer(stack.issuer.token()))]).toEqual([16, 5]);
    rpc.close();

    const { rows } = await stack
      .pool('core_worker')
      .query<{ name: string }>('select current_user::text as name');
    expect(rows).toEqual([{ name: 'core_worker' }]);
    await stack.stop();
    expect([pids.filter(lives), existsSync(stack.dir)]).toEqual([[], false]);
    await stack.stop();
  },
  LIMIT_MS,
);

it(
  'leaves no process or folder when a start is aborted',
  async () => {
    const before = childrenOf(process.pid);
    // The spec needs a separate temp folder, because other specs have folders in the usual one.
    const temporary = mkdtempSync(join(tmpdir(), 'core-stack-'));
    chmodSync(temporary, 0o711);
    const usual = process.env['TMPDIR'];
    process.env['TMPDIR'] = temporary;
    const interrupt = new AbortController();
    const starting = startStack({
      postgres: {},
      redis: {},
      signal: interrupt.signal,
      say: () => interrupt.abort(new Error('interrupted')),
    });
    if (usual === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = usual;
    await expect(starting).rejects.toThrow('interrupted');
    await waitUntil(() => childrenOf(process.pid) <= before, { what: 'its services to exit' });
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
  },
  LIMIT_MS,
);

describe('starting and stopping a stack', () => {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  it('starts nothing when the secrets are invalid or the signal is aborted', async () => {
    const before = childrenOf(process.pid);
    const wrong = { redis: {}, secrets: newSecrets({ encryptionKeys: 'bad' }) };
    await expect(startStack(wrong)).rejects.toThrow('secrets.encryptionKeys: must have the form');
    await expect(startStack({ redis: {}, signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow(
      'too late',
    );
    expect(childrenOf(process.pid)).toBe(before);
  });

  it(
    'stops although a connection was not released, and reports it',
    async () => {
      const stack = await startStack({ postgres: {} });
      const client = await stack.pool('core_worker', { endWaitMs: 500 }).connect();
      client.on('error', () => undefined);
      const pids = stack.children().map(({ pid }) => pid);
      await expect(stack.stop()).rejects.toThrow(
        'a connection of the pool of core_worker was not released within 0.5 s',
      );
      expect([pids.filter(lives), existsSync(stack.dir)]).toEqual([[], false]);
    },
    LIMIT_MS,
  );

  it('stops once for all callers, and reports each reason to all of them', async () => {
    const stack = await startStack({ redis: {} });
    const pids = stack.children().map(({ pid }) => pid);
    stack.defer(() => wait(100));
    stack.defer(() => Promise.reject(new Error('one')));
    stack.defer(() => Promise.reject(new Error('another')));
    const stops = await Promise.allSettled([stack.stop(), stack.stop()]);
    expect(pids.filter(lives)).toEqual([]);
    const message = 'AggregateError: the stack did not stop cleanly: Error: another; Error: one';
    expect(stops.map((stop) => stop.status === 'rejected' && String(stop.reason))).toEqual([
      message,
      message,
    ]);
  });

  it('refuses to start anything during and after the stop', async () => {
    const stack = await startStack({ redis: {} });
    const late = stack.launch('worker');
    const stopping = stack.stop();
    await expect(late).rejects.toThrow('this stack has stopped');
    await stopping;
    await expect(stack.start('worker')).rejects.toThrow('this stack has stopped');
    expect(() => stack.defer(() => undefined)).toThrow('this stack has stopped');
    expect([stack.children(), existsSync(stack.dir)]).toEqual([[], false]);
  });
});

describe('on the services of the run', () => {
  let stack: Stack;
  beforeAll(async () => (stack = await startStack({ services: 'run', postgres: {}, kafka: {}, redis: {} })));
  afterAll(() => stack?.stop());

  it.each<Role>(['core_owner', 'core_api', 'core_worker', 'core_importer', 'core_sealer'])(
    'logs in as %s to a separate database',
    async (role) => {
      const { rows } = await stack
        .pool(role)
        .query<{ name: string; role: string }>(
          'select current_database() as name, current_user::text as role',
        );
      expect(rows).toEqual([{ name: stack.database.name, role }]);
    },
  );

  it('pipelines the statements of one connection', async () => {
    const client = await stack.pool('core_api').connect();
    const warned: string[] = [];
    const note = (warning: Error) => void warned.push(warning.message);
    process.on('warning', note);
    const answers = await Promise.all([1, 2, 3].map((n) => client.query<{ n: number }>(`select ${n} as n`)));
    client.release();
    process.off('warning', note);
    expect([answers.map(({ rows }) => rows[0]?.n), warned]).toEqual([[1, 2, 3], []]);
  });

  it('connects to Kafka', async () => {
    expect(await createTopics(stack.connectKafka())).toEqual(expect.any(Array));
  });

  it.each([
    ['postgres', (it: Stack) => it.postgres, 'without its own postgres'],
    ['shopify', (it: Stack) => it.shopifyUrl, 'without shopify'],
    ['auth', (it: Stack) => it.auth, 'without auth in this process'],
  ])('reports that it was started without %s', (_, ask, says) => {
    expect(() => ask(stack)).toThrow(`this stack was started ${says}`);
  });
});
