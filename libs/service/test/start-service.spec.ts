import { createLogger, createShutdown, readEnv, type Shutdown } from '@core/runtime';
import { startStack, type Stack } from '@core/stack';
import { freePort, waitUntil } from '@core/testing';
import { serviceEnv, startService, type ServiceParts } from '../src/index.ts';

let stack: Stack;
const running: Shutdown[] = [];
beforeAll(async () => (stack = await startStack({ services: 'run', postgres: {} })));
afterAll(() => stack?.stop());
afterEach(async () => {
  for (const shutdown of running.splice(0)) await shutdown.run();
});

const schema = serviceEnv(9_999);
type Parts = ServiceParts<typeof schema, { answers: PromiseWithResolvers<void> }, { busy: boolean }>;

/** A service with a dependency that records its events. */
async function aService(parts: Partial<Parts> = {}, given: NodeJS.ProcessEnv = {}) {
  const events: string[] = [];
  const log = createLogger('spec', 'silent');
  const shutdown = createShutdown(log);
  running.push(shutdown);
  const answers = Promise.withResolvers<void>();
  const adminPort = await freePort();
  const env = readEnv(schema, {
    ...stack.envAs('core_worker'),
    CORE_LISTEN_HOST: '127.0.0.1',
    CORE_ADMIN_PORT: String(adminPort),
    ...given,
  });
  const started = startService<typeof schema, { answers: typeof answers }, { busy: boolean }>(
    {
      name: 'spec',
      env: schema,
      open(service) {
        events.push('open');
        service.shutdown.add('own', () => events.push('own ends'));
        return { answers };
      },
      readiness: (_, work) => ({ checks: { work: () => work()?.busy ?? false } }),
      routes: () => ({ '/own': (_, res) => void res.end('own route') }),
      needs: (service) => ({
        Other: {
          connect: async () => {
            events.push('asks');
            await service.answers.promise;
          },
          advise: () => 'see OTHER',
        },
      }),
      async start(service) {
        await service.pool.query('select 1');
        events.push('start');
        service.shutdown.add('work', async () => {
          events.push('work ends');
          events.push(`ready: ${(await get('/readyz')).status}`);
        });
        return { busy: true };
      },
      ...parts,
    },
    { env, log, shutdown },
  );
  const get = (path: string) => fetch(`http://127.0.0.1:${env.CORE_ADMIN_PORT}${path}`);
  return { started, events, answers, shutdown, get, adminPort };
}

it('opens, reports that it is not ready, waits for its dependencies, works, and ends in reverse order', async () => {
  const { started, events, answers, shutdown, get } = await aService();
  await waitUntil(() => events.includes('asks'), { what: 'the need to be asked for' });
  expect(events).toEqual(['open', 'asks']);
  expect(await (await get('/readyz')).json()).toEqual({ status: 'not ready', failed: ['work'] });
  expect(await (await get('/own')).text()).toBe('own route');
  answers.resolve();
  expect(await started).toEqual({ busy: true });
  expect((await get('/readyz')).status).toBe(200);
  expect(await (await get('/metrics')).text()).toContain('core_loop_rounds_total');
  expect(await shutdown.run()).toBe(0);
  expect(events).toEqual(['open', 'asks', 'start', 'work ends', 'ready: 503', 'own ends']);
});

it('waits for PostgreSQL first, unless the service replaces that dependency', async () => {
  const away = { CORE_DB_PORT: String(await freePort()) };
  const waiting = await aService({}, away);
  await waitUntil(async () => (await waiting.get('/healthz').catch(() => null))?.ok, { what: 'its port' });
  expect(waiting.events).toEqual(['open']);
  await waiting.shutdown.run();
  await expect(waiting.started).rejects.toThrow('stopping');
  expect(waiting.events).toEqual(['open', 'own ends']);

  const needs: Parts['needs'] = () => ({
    PostgreSQL: { connect: async () => undefined, advise: () => undefined },
  });
  const other = await aService({ needs, start: () => ({ busy: true }) }, away);
  expect(await other.started).toEqual({ busy: true });
});

it('names the variable of a port that is in use', async () => {
  const first = await aService();
  first.answers.resolve();
  await first.started;
  const second = await aService({}, { CORE_ADMIN_PORT: String(first.adminPort) });
  await expect(second.started).rejects.toThrow(`port ${first.adminPort} is taken; set CORE_ADMIN_PORT`);
});
