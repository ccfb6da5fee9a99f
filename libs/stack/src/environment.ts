import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { databaseEnvironment } from '@core/testing';
import type { Database } from './database.ts';
import type { AppName, Role } from './options.ts';
import type { Secrets } from './secrets.ts';
import type { StandIns } from './stand-ins.ts';

/** The addresses and secrets of a stack. A service that the stack does not have is undefined. */
export interface Addresses {
  database?: Database | undefined;
  broker?: string | undefined;
  redisUrl?: string | undefined;
  standIns: Pick<StandIns, 'authAddress' | 'shopifyUrl'>;
  secrets: Secrets;
}

type Environment = Record<string, string>;

/** Omits the variables without a value. */
const given = (values: Record<string, string | undefined>): Environment =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Environment;

/** Returns the variables that every program of this repository reads. `ops` needs only these. */
export const commonEnvironment = ({ database, broker, secrets }: Addresses, role: Role): Environment => ({
  ...(database && databaseEnvironment(database.urlFor(role))),
  ...given({ KAFKA_BROKER: broker }),
  CORE_ENCRYPTION_KEYS: secrets.encryptionKeys,
});

/**
 * Returns the environment of a process of the app. It listens on 127.0.0.1 only, on ports chosen by the
 * system.
 */
export function environmentOf(app: AppName, addresses: Addresses): Environment {
  const common = {
    ...commonEnvironment(addresses, `core_${app}`),
    CORE_LISTEN_HOST: '127.0.0.1',
    CORE_ADMIN_PORT: '0',
    LOG_LEVEL: 'warn',
  };
  return { ...common, ...OWN[app](addresses) };
}

const shopify = ({ standIns }: Addresses): Environment =>
  standIns.shopifyUrl === undefined
    ? {}
    : {
        SHOPIFY_BASE_URL: standIns.shopifyUrl,
        SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
        SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
      };

const OWN: Record<AppName, (addresses: Addresses) => Environment> = {
  api: (addresses) => ({
    ...given({
      CORE_DB_REPLICAS: addresses.database
        ?.replicaUrlsFor('core_api')
        .map((url) => new URL(url).host)
        .join(),
      AUTH_GRPC_URL: addresses.standIns.authAddress,
    }),
    CORE_GRPC_PORT: '0',
    CORE_HTTP_PORT: '0',
    ...shopify(addresses),
    // The stand-in's development token never expires. A suite of a public app overrides this.
    SHOPIFY_DISTRIBUTION: 'custom',
  }),
  // Without a sealer, because its work would disturb what a suite measures or counts. A suite that needs one
  // passes CORE_DB_SEALER_PASSWORD.
  worker: () => ({}),
  importer: (addresses) => ({
    ...given({ REDIS_URL: addresses.redisUrl }),
    ...shopify(addresses),
  }),
};
