import { keyringEnv } from '@core/crypto';
import { databaseEnv, directEnv, sealerEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { nodeEnv, optionalText } from '@core/runtime';
import { shopifyEnv } from '@core/shopify';
import { withNamedAddresses } from './cli/named-addresses.ts';

const password = (role: string) =>
  optionalText({
    doc: `password of the role ${role}; migrate sets it, and enables the login of the role`,
    secret: true,
  });

/** The environment of `migrate`, which connects as the owner. */
export const migrateEnv = {
  ...databaseEnv,
  ...directEnv,
  CORE_DB_API_PASSWORD: password('core_api'),
  CORE_DB_WORKER_PASSWORD: password('core_worker'),
  CORE_DB_IMPORTER_PASSWORD: password('core_importer'),
  ...sealerEnv,
  NODE_ENV: nodeEnv,
};

/** Every variable of every command; each command reads only its own. */
export const opsEnv = withNamedAddresses({ ...migrateEnv, ...kafkaEnv, ...keyringEnv, ...shopifyEnv });
