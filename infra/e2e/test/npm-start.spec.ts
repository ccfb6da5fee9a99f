// tag: compliance
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Client } from 'pg';
import { CoreService } from '@core/contracts';
import { aMerchantId, bearer, fromSources, grpcClient, startPostgres, workspaceRoot } from '@core/testing';
import {
  compareRows,
  idsOfShop,
  localSecrets,
  runTour,
  startLocalStack,
  writeStackEnv,
  type LocalStack,
} from '@core/local';
import { isLoopback, listeningOn } from './listening.ts';
import { newDir, remove } from './e2e/support.ts';
import { runOps } from './run-ops.ts';

// Two concurrent `npm start -- --once` on one machine, and a second start on data that changed after the
// first.
const CUSTOMERS = 300;
const dirs = [newDir(), newDir()];
let stack: LocalStack | undefined;
afterAll(async () => {
  await stack?.stop();
  for (const dir of dirs) remove(dir);
}, 120_000);

interface Ended {
  code: number | null;
  output: string;
}

async function npmStart(dir: string, ...flags: string[]): Promise<Ended> {
  const args = ['--once', '--dir', dir, '--customers', String(CUSTOMERS), ...flags];
  const run = fromSources('infra/local/src/start.ts', ...args);
  const child = spawn(process.execPath, run.args, {
    cwd: workspaceRoot(),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** Returns the ports in the table that a start prints at its end. */
const portsIn = (output: string): string[] =>
  [
    ...output.matchAll(/^ {2}\S.*?[:/](?:127\.0\.0\.1|localhost):(\d+)/gm),
    ...output.matchAll(/^ {2}\S.* 127\.0\.0\.1:(\d+)$/gm),
  ]
    .map(([, port]) => port ?? '')
    .filter(Boolean);

it('completes the tour of two concurrent starts, which share no port', async () => {
  const [one, two] = (await Promise.all(dirs.map((dir) => npmStart(dir)))) as [Ended, Ended];
  for (const { code, output } of [one, two]) {
    expect(output).toMatch(/7\/7 show the published events[\s\S]*stopped after/);
    expect(output).toContain(`customers in the shop: ${CUSTOMERS}`);
    expect(output).not.toContain('stack.env'); // only a stack that stays up has the file
    expect(code).toBe(0);
  }
  const ports = [...portsIn(one.output), ...portsIn(two.output)];
  expect(ports.length).toBeGreaterThanOrEqual(16);
  expect(new Set(ports).size).toBe(ports.length);
}, 600_000);

describe('a second start on kept data that changed after the first', () => {
  const dir = () => join(dirs[0]!, 'stack');
  const says: string[] = [];
  const say = (line: string) => void says.push(line);
  const start = (at: string) =>
    startLocalStack({ dir: at, wellKnownPorts: false, durable: false, customers: CUSTOMERS, say });

  beforeAll(async () => {
    stack = await start(dir());
  }, 300_000);

  it('listens on the loopback interface only, with every part', () => {
    const parts = stack!.parts();
    expect(parts.map(({ name }) => name).sort()).toEqual(
      [
        ...['api', 'auth-stand-in', 'importer', 'kafka', 'postgres-primary', 'postgres-replica-1'],
        ...['redis', 'shopify-stand-in', 'worker'],
      ].sort(),
    );
    for (const part of parts) {
      const sockets = listeningOn([part.pid]);
      expect([part.name, sockets.length > 0]).toEqual([part.name, true]);
      expect([part.name, sockets.filter((socket) => !isLoopback(socket))]).toEqual([part.name, []]);
    }
  });

  it('detects a socket on all interfaces', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const port = (server.address() as AddressInfo).port.toString(16).toUpperCase().padStart(4, '0');
    const seen = listeningOn([process.pid]).find((socket) => socket.endsWith(`:${port}`));
    expect([seen === undefined, isLoopback(seen ?? '')]).toEqual([false, false]);
    server.close();
  });

  it('is refused while a stack runs on the same folder', async () => {
    await expect(start(dir())).rejects.toThrow(`A stack is already running on ${dir()}. Stop it (Ctrl-C)`);
    expect(stack!.parts().every((part) => part.alive())).toBe(true);
  });

  it('writes the variables of npm run ops to stack.env', async () => {
    writeStackEnv(dirs[0]!, stack!.env);
    const env = parseEnv(readFileSync(join(dirs[0]!, 'stack.env'), 'utf8')) as Record<string, string>;
    expect(await runOps(['outbox', 'status'], env)).toContain('events to publish');
    expect(await runOps(['consumer', 'lag'], env)).toContain(
      'core-worker, core-worker.gdpr_request.created: ',
    );
  });

  it('completes its tour whatever customers other callers have created', async () => {
    const { env } = stack!;
    const merchantId = localSecrets(dir()).merchantId;
    const rpc = grpcClient(env.CORE_GRPC_ADDR, { metadata: bearer(env.DEV_SERVICE_TOKEN) });
    // External ids in the shop's form and in another form, including ids that are not in the shop.
    for (const externalId of [
      'gid://shopify/Customer/900719925474099',
      'crm-7',
      'gid://shopify/Customer/1',
    ]) {
      const email = `guest-${externalId.replaceAll(/\W/g, '-')}@example.com`;
      await rpc.unary(CoreService.method.createCustomer, { merchantId, email, externalId });
    }
    await rpc.unary(CoreService.method.createCustomer, { merchantId, email: 'nobody@example.com' });
    rpc.close();
    for (const round of ['first', 'second']) {
      says.length = 0;
      await runTour(stack!, { dir: dir(), customers: CUSTOMERS, say });
      expect([round, says.join('\n')]).toEqual([
        round,
        expect.stringContaining(`customers in the shop: ${CUSTOMERS}`),
      ]);
    }
  }, 300_000);

  it('reports a customer of the shop that is missing without a reason', async () => {
    const ids = await idsOfShop(stack!.standInUrl!, stack!.env.DEV_SHOP);
    const tour = { stack: stack!, merchantId: aMerchantId(localSecrets(dir()).merchantId), tell: say };
    const run = (skipped: bigint) => ({ skipped, failed: 0n, startedAt: timestampFromDate(new Date()) });
    // The tours have erased three customers, which an import skips.
    await compareRows(tour, run(3n), ids);
    await expect(compareRows(tour, run(2n), ids)).rejects.toThrow(
      `the shop has ${CUSTOMERS} customers, but ${CUSTOMERS - 3} are stored and 2 were skipped, failed or erased`,
    );
  });

  it('refuses the schema of another build with advice, and starts with empty data when run with --fresh', async () => {
    const change = async (sql: string) => {
      const client = new Client(stack!.services.postgres.primary.url);
      await client.connect();
      await client.query(sql);
      await client.end();
    };
    const stopped = async () => {
      await stack!.stop();
      stack = undefined;
    };
    await change(
      `insert into schema_migrations (hash, created_at) select 'spec', max(created_at) + 1 from schema_migrations`,
    );
    await stopped();
    const newer = await npmStart(dirs[0]!);
    expect([newer.code, newer.output]).toEqual([
      1,
      expect.stringMatching(/was migrated by a newer build[^]*npm start -- --fresh deletes them/),
    ]);
    // Simulates a schema from before the baseline: other migrations, with existing tables.
    await withPostgres(dir(), `update schema_migrations set created_at = 1782000000000 + id`);
    const older = await npmStart(dirs[0]!);
    expect([older.code, older.output]).toEqual([
      1,
      expect.stringMatching(
        /schema of a build before the first release[^]*npm start -- --fresh deletes them/,
      ),
    ]);
    const fresh = await npmStart(dirs[0]!, '--fresh');
    expect(fresh.output).toMatch(/7\/7 show the published events[\s\S]*stopped after/);
    expect(fresh.code).toBe(0);
  }, 600_000);
});

/** Runs a statement on the data of a stopped stack. */
async function withPostgres(dir: string, sql: string): Promise<void> {
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), replicas: 1 });
  const client = new Client(postgres.primary.url);
  await client.connect();
  await client.query(sql);
  await client.end();
  await postgres.stop();
}
