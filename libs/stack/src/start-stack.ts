import { createMerchantKeyStore, type MerchantKeyStore } from '@core/crypto';
import { connectKafka } from '@core/events';
import {
  createIssuer,
  makeServicesDir,
  removeServicesDir,
  testServices,
  type Child,
  type TokenIssuer,
} from '@core/testing';
import { launchApp, waitUntilReady, type LaunchApp } from './apps.ts';
import { cloneOfRun, migrateOwn } from './database.ts';
import { commonEnvironment, environmentOf, type Addresses } from './environment.ts';
import { createGiven, type Given } from './given.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import type { AppName, StackOptions } from './options.ts';
import { endPoolOf, openPool } from './pools.ts';
import { keyringOf, newSecrets } from './secrets.ts';
import { startServices, type Services } from './services.ts';
import type { Stack } from './stack.ts';
import { startStandIns, type StandIns } from './stand-ins.ts';
import { prepareTopics } from './topics.ts';

/**
 * Starts the parts that the options name: services, schema and topics, stand-ins. The caller starts apps on
 * the returned stack one by one.
 * @throws Error when a part does not start; the parts that are up are stopped first
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using started = new AsyncDisposableStack();
  const { say = () => undefined, signal, secrets = newSecrets() } = options;
  signal?.throwIfAborted();
  // The secrets are parsed before anything starts, because they may be invalid.
  const [keyring, issuer] = [keyringOf(secrets), createIssuer(secrets.signingKey)];
  const newKeys = () => createMerchantKeyStore(keyring);
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
  return assemble({ dir, own, addresses, standIns, issuer, newKeys, life: createLifecycle(started.move()) });
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
    redisUrl: redis && redisUrlOf(run.redis, redis),
  };
}

async function addressesOfOwn(
  asked: StackOptions,
  { postgres, kafka, redis }: Services,
  { secrets, say }: Required<Pick<StackOptions, 'secrets' | 'say'>>,
): Promise<Found> {
  // With a proxy in front of the broker, the broker advertises the proxy's port.
  const broker = kafka && `127.0.0.1:${asked.kafka?.advertisedPort ?? kafka.port}`;
  const [database] = await Promise.all([
    postgres && migrateOwn(postgres, secrets).then((it) => (say('schema is migrated'), it)),
    broker && prepareTopics(broker, asked.kafka?.topics ?? [], say).then(() => say('topics exist')),
  ]);
  return { database, broker, redisUrl: redis && redisUrlOf(redis, asked.redis) };
}

const redisUrlOf = (
  { url }: { url: string },
  { database = 0 }: NonNullable<StackOptions['redis']> = {},
): string => `${url}/${database}`;

interface Parts {
  dir: string;
  own: Services;
  addresses: Addresses;
  standIns: StandIns;
  issuer: TokenIssuer;
  newKeys: () => MerchantKeyStore;
  life: Lifecycle;
}

function assemble({ dir, own, addresses, standIns, issuer, newKeys, life }: Parts): Stack {
  const { secrets } = addresses;
  const apps: Child[] = [];
  const launch = async (app: AppName, asked: LaunchApp = {}) => {
    life.open();
    const launched = await launchApp(app, { dir, on: environmentOf(app, addresses) }, asked);
    apps.push(launched.child);
    try {
      life.open().defer(() => launched.child.stop());
    } catch (stoppedMeanwhile) {
      await launched.child.stop();
      throw stoppedMeanwhile;
    }
    return launched;
  };
  const pool: Stack['pool'] = (role, settings) =>
    life
      .open()
      .adopt(openPool(there('postgres', addresses.database), role, settings), (it) =>
        endPoolOf(role, it, settings),
      );
  let given: Given | undefined;
  return {
    dir,
    get database() {
      return there('postgres', addresses.database);
    },
    get postgres() {
      return there('its own postgres', own.postgres);
    },
    get kafka() {
      return there('its own kafka', own.kafka);
    },
    get redis() {
      return there('its own redis', own.redis);
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
    issuer,
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
      const stops = life.open();
      const client = connectKafka({ brokers: [there('kafka', addresses.broker)], clientId: 'stack' });
      return stops.adopt(client, (it) => it.close());
    },
    launch,
    start: async (app, asked) => waitUntilReady(await launch(app, asked)),
    children: () => [...serversOf(own), ...standIns.children, ...apps].filter((child) => child.alive()),
    defer: (work) => life.open().defer(async () => void (await work())),
    stop: life.stop,
    [Symbol.asyncDispose]: life.stop,
  };
}

const serversOf = ({ postgres, kafka, redis }: Services): Child[] => [
  ...(postgres ? [postgres.primary, ...postgres.replicas].map(({ child }) => child) : []),
  ...[kafka, redis].flatMap((service) => (service ? [service.child] : [])),
];

function there<T>(what: string, found: T | undefined): T {
  if (found === undefined)
    throw new Error(`this stack was started without ${what}: name it in the options of startStack`);
  return found;
}
