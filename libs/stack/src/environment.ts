import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { databaseEnvironment } from '@core/testing';
import type { Database } from './database.ts';
import type { AppName, Role } from './options.ts';
import type { Secrets } from './secrets.ts';
import type { StandIns } from './stand-ins.ts';

/** The addresses and secrets of a stack. A service that the stack does not have is undefined. */
export interface Places {
  database?: Database | undefined;
  broker?: string | undefined;
  redisUrl?: string | undefined;
  standIns: Pick<StandIns, 'authAddress' | 'shopifyUrl'>;
  secrets: Secrets;
}

type Environment = Record<string, string>;

/** Leaves out the variables that have no value. */
const given = (values: Record<string, string | undefined>): Environment =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Environment;

/** The variables that every program of the house reads; `ops` needs no more. */
export const commonEnvironment = ({ database, broker, secrets }: Places, role: Role): Environment => ({
  ...(database && databaseEnvironment(database.urlFor(role))),
  ...given({ KAFKA_BROKER: broker }),
  CORE_ENCRYPTION_KEYS: secrets.encryptionKeys,
});

/** The environment of a process of the app: it listens on this machine only, at ports that the system chooses. */
export function environmentOf(app: AppName, places: Places): Environment {
  const common = {
    ...commonEnvironment(places, `core_${app}`),
    CORE_LISTEN_HOST: '127.0.0.1',
    CORE_ADMIN_PORT: '0',
    LOG_LEVEL: 'warn',
  };
  return { ...common, ...OWN[app](places) };
}

const shopify = ({ standIns }: Places): Environment =>
  standIns.shopifyUrl === undefined
    ? {}
    : { SHOPIFY_BASE_URL: standIns.shopifyUrl, SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET };

const OWN: Record<AppName, (places: Places) => Environment> = {
  api: (places) => ({
    ...given({
      CORE_DB_REPLICAS: places.database
        ?.replicaUrlsFor('core_api')
        .map((url) => new URL(url).host)
        .join(),
      AUTH_GRPC_URL: places.standIns.authAddress,
    }),
    CORE_GRPC_PORT: '0',
    CORE_HTTP_PORT: '0',
    ...shopify(places),
  }),
  // Without a sealer, which works beside whatever a suite measures or counts; a suite that wants one gives its password.
  worker: () => ({}),
  importer: (places) => ({
    ...given({ REDIS_URL: places.redisUrl }),
    ...shopify(places),
    ...(places.standIns.shopifyUrl !== undefined && { SHOPIFY_CLIENT_ID: DEV_CLIENT_ID }),
  }),
};
