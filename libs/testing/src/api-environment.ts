import { randomBytes } from 'node:crypto';

/**
 * What an api needs of its environment to run on these services, with a keyring of its own and at ports that
 * the system chooses; callers add what they ask of it.
 */
export function apiEnvironment(on: {
  /** PostgreSQL URLs of role core_api. */
  database: string;
  replicas: readonly string[];
  /** host:port */
  auth: string;
}): Record<string, string> {
  const primary = new URL(on.database);
  return {
    CORE_DB_HOST: primary.hostname,
    CORE_DB_PORT: primary.port,
    CORE_DB_NAME: primary.pathname.slice(1),
    CORE_DB_USER: primary.username,
    CORE_DB_PASSWORD: primary.password,
    CORE_DB_REPLICAS: on.replicas.map((replica) => new URL(replica).host).join(),
    CORE_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    CORE_LISTEN_HOST: '127.0.0.1',
    CORE_GRPC_PORT: '0',
    CORE_HTTP_PORT: '0',
    CORE_ADMIN_PORT: '0',
    AUTH_GRPC_URL: on.auth,
  };
}
