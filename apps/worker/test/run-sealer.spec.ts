// tag: compliance
import { appendAudit, databaseEnv, inTransaction, type Pool } from '@core/db';
import { verifyAudit } from '@core/domain';
import { createMetrics, readEnv } from '@core/runtime';
import { startStack, type Stack } from '@core/stack';
import { aMerchantId, testServices, waitUntil, withClient } from '@core/testing';
import { runSealer } from '../src/audit/run-sealer.ts';
import type { Background } from '../src/background.ts';

let stack: Stack;
let api: Pool;
let owner: Pool;
const running: Background[] = [];
beforeEach(async () => {
  stack = await startStack({ services: 'run', postgres: {} });
  api = stack.pool('core_api', { max: 4 });
  owner = stack.pool('core_owner', { max: 2 });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.close()));
  await stack.stop();
});

const logged = () => {
  const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  return { ...log, child: () => log };
};
function start(by?: 'off' | { password: string }) {
  const env = readEnv(databaseEnv, { ...stack.envAs('core_sealer'), CORE_DB_POOL: '2' });
  const metrics = createMetrics('worker');
  const log = logged();
  const options = {
    env,
    sealer: by ?? { password: env.CORE_DB_PASSWORD },
    log,
    metrics,
    everyMs: 20,
  };
  const sealer = runSealer(options as unknown as Parameters<typeof runSealer>[0]);
  running.push(sealer);
  const value = async (name: string, labels = '') =>
    Number(new RegExp(`^${name}\\{${labels}app="worker"\\} (\\S+)$`, 'm').exec(await metrics.metrics())?.[1]);
  return { log, value };
}

const merchantId = aMerchantId();
const append = (action = 'spec.done') =>
  inTransaction(api, (tx) => appendAudit(tx, { caller: 'spec', requestId: 'r' }, { merchantId, action }), {
    merchantId,
  });
const verify = () => inTransaction(owner, (tx) => verifyAudit(tx));
const sealed = (rows: number) =>
  waitUntil(async () => (await verify()).rows >= rows, { what: `${rows} rows to be sealed` });

/** Terminates the sessions during any work, as a killed process does. */
const killSessions = (): Promise<unknown> =>
  withClient(testServices().postgres.adminUrl, (admin) =>
    admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'core_sealer' and datname = $1`,
      [stack.database.name],
    ),
  );

it('seals each row once while several workers seal and lose their sessions', async () => {
  const workers = [start(), start()];
  let writing = true;
  const killer = (async () => {
    while (writing) await killSessions();
  })();
  try {
    for (let n = 0; n < 200; n++) await append(`spec.${n}`);
  } finally {
    writing = false;
    await killer;
  }
  await sealed(200);
  expect(await verify()).toMatchObject({ broken: [], rows: 200, unsealed: { rows: 0 } });
  // Each head is logged by the worker that wrote it, outside of the database, unless its session was killed
  // after COMMIT.
  const { rows: seals } = await owner.query<{ seal: number; hash: string }>(
    `select seq::int as seal, encode(hash, 'hex') as hash from audit_seals`,
  );
  const hashes = new Map(seals.map(({ seal, hash }) => [seal, hash]));
  const loggedHeads = workers.flatMap(({ log }) =>
    log.info.mock.calls.map(([line]) => line as Record<string, unknown>).filter((line) => 'seal' in line),
  );
  expect(loggedHeads.length).toBeGreaterThan(0);
  for (const { seal, hash } of loggedHeads) expect(hash).toBe(hashes.get(seal as number));
  expect(new Set(loggedHeads.map(({ seal }) => seal)).size).toBe(loggedHeads.length);
});

it('counts sealed rows, and reports the age of the oldest unsealed row', async () => {
  const { value } = start();
  await append();
  await sealed(1);
  await waitUntil(async () => (await value('core_audit_sealed_rows_total')) === 1, { what: 'the count' });
  expect(await value('core_audit_seal_head')).toBe(1);
  expect(await value('core_audit_unsealed_seconds')).toBe(0);
  expect(Date.now() / 1_000 - (await value('core_audit_last_pass_timestamp_seconds'))).toBeLessThan(60);
});

it('logs that it cannot seal, and does not advance its metrics', async () => {
  await owner.query('revoke insert on audit_seals from core_sealer');
  const { log, value } = start();
  await append();
  // The metrics of loops belong to the process: the specs above have caused failures, too.
  const all = () => value('core_loop_failures_total', 'loop="audit log sealing",');
  const before = await all();
  const failures = async () => (await all()) - before;
  await waitUntil(async () => (await failures()) > 1, { what: 'two failures' });
  const pass = await value('core_audit_last_pass_timestamp_seconds');
  await waitUntil(async () => (await failures()) > 4, { what: 'more failures' });
  expect(log.error).toHaveBeenCalledTimes(1); // for consecutive failures
  expect(await value('core_audit_last_pass_timestamp_seconds')).toBe(pass);
  expect(await value('core_audit_unsealed_seconds')).toBeGreaterThan(0);
  await owner.query('revoke select on audit_seals from core_sealer');
  expect(await value('core_audit_unsealed_seconds')).toBeNaN();
  await owner.query('grant select, insert on audit_seals to core_sealer');
  await sealed(1);
});

it('names the variable of a refused password', async () => {
  const { log } = start({ password: 'not the password' });
  const message = await waitUntil(() => log.error.mock.calls[0]?.[1] as unknown, { what: 'the error' });
  expect(message).toMatch(/^audit log sealing failed; trying again: .*see CORE_DB_SEALER_PASSWORD;/);
});

it('warns without a password', async () => {
  const { log } = start('off');
  expect(log.warn).toHaveBeenCalledWith(expect.stringContaining('CORE_DB_SEALER_PASSWORD is not set'));
});
