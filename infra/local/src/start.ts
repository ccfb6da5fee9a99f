import { join, resolve } from 'node:path';
import { readArguments, readOption, wholeNumber } from '@core/runtime';
import { answersReady, workspaceRoot } from '@core/testing';
import { ensureSystem } from './system/ensure-system.ts';
import { buildConsole } from './stack/build-console.ts';
import { shopSize, shopSizeFrom } from './stack/shop-size.ts';
import { removeStackEnv, writeStackEnv } from './stack/stack-env.ts';
import { startLocalStack, type LocalStack } from './stack/stack.ts';
import { runTour } from './tour/tour.ts';

const HELP = `npm start                 starts the whole service, runs the tour, and stays up until Ctrl-C
npm start -- --once       starts the whole service, runs the tour, and stops
npm start -- --fresh      deletes the data of earlier starts first
npm start -- --dir F      keeps data, logs and addresses in the folder F instead of .local, to run a second stack
npm start -- --customers N  sets the number of customers in the Shopify stand-in (5000); only at the first start or with --fresh
npm start -- --worker N --importer N  starts N processes of the app (1)
npm start -- --no-tour    skips the tour, which imports the shop and erases one person; the data stay unchanged`;

const { values: flags } = readArguments(HELP, {
  options: {
    once: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    customers: { type: 'string' },
    dir: { type: 'string' },
    worker: { type: 'string', default: '1' },
    importer: { type: 'string', default: '1' },
    'no-tour': { type: 'boolean', default: false },
  },
});
const asked =
  flags.customers === undefined ? undefined : readOption(HELP, 'customers', flags.customers, shopSizeFrom);
const processes = Object.fromEntries(
  (['worker', 'importer'] as const).map((app) => [
    app,
    readOption(HELP, app, flags[app], wholeNumber({ min: 1, max: 16 })),
  ]),
);
const home = flags.dir === undefined ? join(workspaceRoot(), '.local') : resolve(flags.dir);
// The folder of data, logs and secrets. Files that are downloaded once are stored outside of it.
const dir = join(home, 'stack');
const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const began = Date.now();
  const stopAsked = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve('stop'));
    }
  });
  // The reader of the output may close it before the stop signal arrives. A failed write must not interrupt
  // the stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let stack: LocalStack | undefined;
  let code = 0;
  try {
    await ensureSystem({ need: ['java', 'mvn', 'redis-server'], onProgress: say });
    const customers = shopSize(dir, { asked, fresh: flags.fresh });
    const starting = startLocalStack({
      dir,
      wellKnownPorts: true,
      durable: true,
      fresh: flags.fresh,
      customers,
      processes,
      buildConsole: () => buildConsole(workspaceRoot()),
      shopifyBaseUrl: process.env['SHOPIFY_BASE_URL'],
      say: (line) => say(`  ${line} (${seconds(began)})`),
    }).then((started) => (stack = started));
    say('starting PostgreSQL with a replica, Kafka, Redis, the stand-ins, api, worker and importer');
    if ((await Promise.race([starting, stopAsked])) === 'stop') {
      await starting.catch(() => undefined);
    } else {
      const ended = Promise.race([stopAsked, rejectOnExit(await starting)]);
      if ((await Promise.race([tourAndTable(await starting, customers), ended])) !== 'stop' && !flags.once) {
        say('up until Ctrl-C');
        await ended;
      }
    }
  } catch (error) {
    code = 1;
    console.error(
      `\n${error instanceof Error ? error.message : String(error)}\nlogs: ${dir}/*.log, ${dir}/*/*.log`,
    );
  }
  // A refused start must not remove the addresses of the stack that runs on the same folder.
  if (stack) removeStackEnv(home);
  say('stopping');
  await stack?.stop();
  say(`${code === 0 ? 'stopped' : 'failed'} after ${seconds(began)}`);
  return code;
}

async function tourAndTable(stack: LocalStack, customers: number): Promise<void> {
  if (!flags['no-tour']) await runTour(stack, { dir, customers, say });
  const { env } = stack;
  const apps = [...Object.values(stack.apps), ...stack.further];
  const addresses: [string, string][] = [
    ['gRPC', env.CORE_GRPC_ADDR],
    ['Connect, gRPC-Web, JSON', env.CORE_HTTP_URL],
    ...apps.map(({ name, adminUrl }): [string, string] => [`${name} health and metrics`, adminUrl]),
    ['PostgreSQL', withoutPassword(env.DEV_DB_URL)],
    ['PostgreSQL replica', withoutPassword(env.DEV_DB_REPLICA_URL)],
    ['Kafka', env.KAFKA_BROKER],
    ['Redis', env.REDIS_URL],
    ['Shopify', env.SHOPIFY_BASE_URL],
  ];
  for (const { name, child, adminUrl } of apps) {
    if (!(await answersReady(child, adminUrl))) {
      throw new Error(`${name} is not ready: see ${adminUrl}/readyz`);
    }
  }
  // With --once the stack stops before the file could be used.
  if (!flags.once) writeStackEnv(home, env);
  say(flags.once ? '\naddresses' : `\naddresses (with passwords in ${join(home, 'stack.env')})`);
  const width = Math.max(...addresses.map(([name]) => name.length)) + 2;
  for (const [name, address] of addresses) say(`  ${name.padEnd(width)}${address}`);
  if (!flags.once) {
    say(`\nopen the console, signed in as the merchant of ${env.DEV_SHOP}:`);
    say(`  ${env.CORE_HTTP_URL}/console#token=${env.DEV_TOKEN}`);
  }
}

/**
 * Rejects when a part exits unexpectedly. An incomplete stack must not appear healthy, and waiting for it is
 * useless.
 */
const rejectOnExit = async (stack: LocalStack): Promise<never> => {
  const deaths = stack.parts().map(async (part) => [part, await part.exited] as const);
  const [{ name, logFile }, how] = await Promise.race(deaths);
  throw new Error(`${name} exited unexpectedly (${how}). Its log ${logFile} contains the reason.`);
};

const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.toString();
};

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;

process.exit(await main());
