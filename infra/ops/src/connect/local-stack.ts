import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/**
 * The environment of commands. Where it says nothing of PostgreSQL and Kafka, and a stack of `npm start` is up in
 * this checkout, it is that stack's: its `stack.env` is there as long as it runs. One word about either
 * that is not the stack's, and nothing is filled in: half of production and half of this machine would be the worst.
 * @param file .local/stack.env
 * @param say told when the stack's is taken
 */
export function withLocalStack(
  env: NodeJS.ProcessEnv,
  file: string,
  say: (line: string) => void,
): NodeJS.ProcessEnv {
  if (!existsSync(file)) return env;
  const stack = parseEnv(readFileSync(file, 'utf8'));
  const isOther = ([name, value]: [string, unknown]) =>
    /^(CORE_DB|KAFKA)_/.test(name) && stack[name] !== value;
  if (Object.entries(env).some(isOther)) return env;
  const url = new URL(stack['CORE_DB_URL'] ?? '');
  say(`of the local stack (${file})`);
  return {
    ...env,
    CORE_DB_HOST: url.hostname,
    CORE_DB_PORT: url.port,
    CORE_DB_NAME: url.pathname.slice(1),
    CORE_DB_USER: decodeURIComponent(url.username),
    CORE_DB_PASSWORD: decodeURIComponent(url.password),
    KAFKA_BROKER: stack['KAFKA_BROKER'],
    // A rotation is given the next keyring here.
    CORE_ENCRYPTION_KEYS: env['CORE_ENCRYPTION_KEYS'] ?? stack['CORE_ENCRYPTION_KEYS'],
    DEV_MERCHANT_ID: stack['DEV_MERCHANT_ID'],
  };
}
