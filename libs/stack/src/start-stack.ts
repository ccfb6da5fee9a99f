import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { connectKafka } from '@core/events';
import {
  createIssuer,
  endPool,
  makeServicesDir,
  removeServicesDir,
  testServices,
  type Child,
} from '@core/testing';
import { launchApp, untilServes, type LaunchApp } from './apps.ts';
import { cloneOfRun, migrateOwn } from './database.ts';
import { commonEnvironment, environmentOf, type Addresses } from './environment.ts';
import { createGiven, type Given } from './given.ts';
import type { AppName, StackOptions } from './options.ts';
import { openPool } from './pools.ts';
import { newSecrets } from './secrets.ts';
import { startServices, type Services } from './services.ts';
import type { Stack } from './stack.ts';
import { startStandIns, type StandIns } from './stand-ins.ts';
import { prepareTopics } from './topics.ts';

/**
 * Starts what the options name: services, schema and topics, stand-ins; apps are started on it one by one.
 * @throws Error when something does not start; whatever was up is stopped again
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const { say = () => undefined, signal, secrets = newSecrets() } = options;
  const dir = options.dir ?? started.adopt(makeServicesDir(), removeServicesDir);
  const around = { dir, stops: started, say };
  const own = options.services === 'run' ? {} : await startServices(options, around);
  signal?.throwIfAborted();
  const addresses: Addresses = {
    secrets,
    standIns: {},
    ...(options.services === 'run'
      ? await addressesOfRun(options, started)
      : await addressesOfOwn(options, own, { secrets, say })),
  };
  signal?.throwIfAborted();
  const standIns = await startStandIns(options, around);
  addresses.standIns = standIns;
  signal?.throwIfAborted();
  const stops = started.move();
  return assemble({ dir, own, addresses, standIns, stops });
}

type Found = Pick<Addresses, 'database' | 'broker' | 'redisUrl'>;

async function addressesOfRun(
  { postgres, kafka, redis }: StackOptions,
  stops: AsyncDisposableStack,
): Promise<Found> {
  const run = testServices();
  return {
    database: postgres && (await cloneOfRun(stops)),
    broker: kafka && run.kafka.broker,
    redisUrl: redis && `${run.redis.url}/${redis.database ?? 0}`,
  };
}

async function addressesOfOwn(
  { kafka: asked }: StackOptions,
  { postgres, kafka, redis }: Services,
  { secrets, say }: Required<Pick<StackOptions, 'secrets' | 'say'>>,
): Promise<Found> {
  // Where a proxy stands before the broker, the broker sends its clients there.
  const broker = kafka && `127.0.0.1:${asked?.advertisedPort ?? kafka.port}`;
  const [database] = await Promise.all([
    postgres && migrateOwn(postgres, secrets).then((it) => (say('schema is migrated'), it)),
    broker && prepareTopics(broker, asked?.topics ?? [], say).then(() => say('topics are there')),
  ]);
  return { database, broker, redisUrl: redis?.url };
}

interface Parts {
  dir: string;
  own: Services;
  addresses: Addresses;
  standIns: StandIns;
  stops: AsyncDisposableStack;
}

function assemble({ dir, own, addresses, standIns, stops }: Parts): Stack {
  const { secrets } = addresses;
  const newKeys = () => createMerchantKeyStore(parseKeyring(secrets.encryptionKeys));
  const apps: Child[] = [];
  const launch = async (app: AppName, asked: LaunchApp = {}) => {
    const launched = await launchApp(app, { dir, on: environmentOf(app, addresses) }, asked);
    stops.defer(() => launched.child.stop());
    apps.push(launched.child);
    return launched;
  };
  const pool: Stack['pool'] = (role, settings) =>
    stops.adopt(openPool(there('postgres', addresses.database), role, settings), endPool);
  let given: Given | undefined;
  const stop = () => stops.disposeAsync();
  return {
    dir,
    get database() {
      return there('postgres', addresses.database);
    },
    get postgres() {
      return there('postgres of its own', own.postgres);
    },
    get kafka() {
      return there('kafka of its own', own.kafka);
    },
    get redis() {
      return there('redis of its own', own.redis);
    },
    get broker() {
      return there('kafka', addresses.broker);
    },
    get redisUrl() {
      return there('redis', addresses.redisUrl);
    },
    get auth() {
      return there('auth in this process', standIns.auth);
    },
    get shopify() {
      return there('shopify in this process', standIns.shopify);
    },
    get shopifyUrl() {
      return there('shopify', standIns.shopifyUrl);
    },
    issuer: createIssuer(secrets.signingKey),
    secrets,
    keys: newKeys(),
    newKeys,
    envAs: (role) => commonEnvironment(addresses, role),
    envOf: (app) => environmentOf(app, addresses),
    pool,
    get given() {
      return (given ??= createGiven(pool('core_owner', { max: 2 })));
    },
    connectKafka() {
      const client = connectKafka({ brokers: [there('kafka', addresses.broker)], clientId: 'stack' });
      return stops.adopt(client, (it) => it.close());
    },
    launch,
    start: async (app, asked) => untilServes(await launch(app, asked)),
    children: () => [...serversOf(own), ...standIns.children, ...apps].filter((child) => child.alive()),
    defer: (work) => stops.defer(async () => void (await work())),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

const serversOf = ({ postgres, kafka, redis }: Services): Child[] => [
  ...(postgres ? [postgres.primary, ...postgres.replicas].map(({ child }) => child) : []),
  ...[kafka, redis].flatMap((service) => (service ? [service.child] : [])),
];

function there<T>(what: string, found: T | undefined): T {
  if (found === undefined) throw new Error(`this stack was started without ${what}`);
  return found;
}
