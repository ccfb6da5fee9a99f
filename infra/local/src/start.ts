import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { workspaceRoot } from '@core/testing';
import { ensureSystem } from './system/ensure-system.ts';
import { shopSize } from './stack/shop-size.ts';
import { removeStackEnv, writeStackEnv } from './stack/stack-env.ts';
import { startStack, type Stack } from './stack/stack.ts';
import { runTour } from './tour/tour.ts';

const HELP = `npm start                 starts everything, runs the tour, stays up until Ctrl-C
npm start -- --once       the same, then stops everything
npm start -- --fresh      wipes the data of earlier starts first
npm start -- --customers N  how many customers the stand-in's shop has (5000); the first time, or with --fresh`;

const { values: flags } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
    customers: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const home = join(workspaceRoot(), '.local');
// Data, logs and secrets; what is fetched once stays outside of it.
const dir = join(home, 'stack');
const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const began = Date.now();
  const stopAsked = new Promise<'stop'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('stop'));
  });
  let stack: Stack | undefined;
  let code = 0;
  try {
    await ensureSystem({ need: ['java', 'mvn', 'redis-server'], onProgress: say });
    const starting = startStack({
      dir,
      wellKnownPorts: true,
      durable: true,
      fresh: flags.fresh,
      customers: shopSize(dir, { asked: flags.customers, fresh: flags.fresh }),
      shopifyBaseUrl: process.env['SHOPIFY_BASE_URL'],
      say: (line) => say(`  ${line} (${seconds(began)})`),
    }).then((started) => (stack = started));
    say('starting PostgreSQL with a replica, Kafka, Redis, the stand-ins, api, worker and importer');
    if ((await Promise.race([starting, stopAsked])) === 'stop') {
      await starting.catch(() => undefined);
    } else if ((await Promise.race([tourAndTable(await starting), stopAsked])) !== 'stop' && !flags.once) {
      say('up until Ctrl-C');
      await Promise.race([stopAsked, anyDeath(await starting)]);
    }
  } catch (error) {
    code = 1;
    console.error(`\n${error instanceof Error ? error.message : String(error)}\nlogs: ${dir}/*.log`);
  }
  removeStackEnv(home);
  say('stopping');
  await stack?.stop();
  say(code === 0 ? `done in ${seconds(began)}` : `failed after ${seconds(began)}`);
  return code;
}

async function tourAndTable(stack: Stack): Promise<void> {
  await runTour(stack, say);
  const { env, apps } = stack;
  const addresses: [string, string][] = [
    ['gRPC', env.CORE_GRPC_ADDR],
    ['Connect, gRPC-Web, JSON', env.CORE_HTTP_URL],
    ...Object.entries(apps).map(([name, app]): [string, string] => [
      `${name} health and metrics`,
      app.adminUrl,
    ]),
    ['PostgreSQL', withoutPassword(env.CORE_DB_URL)],
    ['PostgreSQL replica', withoutPassword(env.CORE_DB_REPLICA_URL)],
    ['Kafka', env.KAFKA_BROKER],
    ['Redis', env.REDIS_URL],
    ['Shopify', env.SHOPIFY_BASE_URL],
  ];
  for (const { adminUrl } of Object.values(apps)) {
    const { ok } = await fetch(`${adminUrl}/readyz`);
    if (!ok) throw new Error(`${adminUrl}/readyz does not answer 200 after the tour`);
  }
  writeStackEnv(home, env);
  say('\naddresses (with passwords in .local/stack.env)');
  for (const [name, address] of addresses) say(`  ${name.padEnd(28)}${address}`);
}

/** Ends with an error when an app dies by itself: a stack that lost a part must not look alive. */
const anyDeath = async ({ apps }: Stack): Promise<never> => {
  const [name, how] = await Promise.race(
    Object.entries(apps).map(async ([app, { child }]) => [app, await child.exited] as const),
  );
  throw new Error(`${name} has ended by itself: ${how}`);
};

const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.toString();
};

const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(1)} s`;

if (flags.help) {
  say(HELP);
} else {
  process.exit(await main());
}
