import {
  flag,
  integer,
  nodeEnv,
  oneOf,
  optionalAddress,
  optionalText,
  text,
  type Env,
  type EnvRule,
} from '@core/runtime';
import { POOLERS } from './pooler.ts';

/** Address and login of PostgreSQL. Shared by every app; each logs in with its own role. */
export const databaseEnv = {
  CORE_DB_HOST: text({ doc: 'PostgreSQL primary', default: 'localhost' }),
  CORE_DB_PORT: integer({ doc: 'its port', default: 5433, min: 1, max: 65_535 }),
  CORE_DB_NAME: text({ doc: 'database', default: 'core_db' }),
  CORE_DB_USER: text({
    doc: "role: core_api, core_worker, core_importer, or the owner's for migrations",
    example: 'core_api',
  }),
  CORE_DB_PASSWORD: text({ doc: "the role's password", secret: true }),
  CORE_DB_TLS: flag({
    doc: 'TLS to PostgreSQL, certificates verified; a private CA: NODE_EXTRA_CA_CERTS',
    default: false,
  }),
  CORE_DB_POOL: integer({ doc: 'connections per process and node', default: 10, min: 1, max: 200 }),
  CORE_DB_POOLER: oneOf(POOLERS, {
    doc: 'mode of the pooler (such as pgbouncer) at CORE_DB_HOST and CORE_DB_REPLICAS: none, session or transaction',
    default: 'none',
  }),
};

export type DatabaseEnv = Env<typeof databaseEnv>;

/** The address of PostgreSQL behind a pooler. */
export const directEnv = {
  CORE_DB_DIRECT: optionalAddress({
    doc: 'PostgreSQL itself, host:port, behind a pooler: for LISTEN, relay, migrate; CORE_DB_POOLER=transaction needs it',
    example: 'postgres:5432',
  }),
};

/** The rule for an app that needs sessions: a pooler in transaction mode provides none. */
export const needsDirect: EnvRule = (given) =>
  given('CORE_DB_POOLER') === 'transaction' && given('CORE_DB_DIRECT') === undefined
    ? 'CORE_DB_POOLER=transaction needs CORE_DB_DIRECT, for LISTEN and the relay: host:port of PostgreSQL itself'
    : undefined;

/** Whether this is production; see assertSafeLogSettings. */
export const logSettingsEnv = {
  NODE_ENV: nodeEnv,
};

/** Environment of the sealer's role, for the worker and for `migrate`. */
export const sealerEnv = {
  CORE_DB_SEALER_PASSWORD: optionalText({
    doc: 'password of the role core_sealer, which seals the audit log; migrate sets it; required in production',
    secret: true,
  }),
};
