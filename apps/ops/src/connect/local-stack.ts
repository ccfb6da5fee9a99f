import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * The environment of commands. Where it says nothing of PostgreSQL and Kafka, and a stack of `npm start` is up in
 * this checkout, it is that stack's: its `stack.env` is there as long as it runs. One word about either
 * that is not the stack's, and nothing is filled in: half of production and half of this machine would be the worst.
 * @param file .local/stack.env
 * @param say told when the stack's is taken, and how to name one where nothing names any
 */
export function withLocalStack(
  env: NodeJS.ProcessEnv,
  file: string,
  say: (line: string) => void,
): NodeJS.ProcessEnv {
  const isOfServices = ([name]: [string, unknown]) => /^(CORE_DB|KAFKA)_/.test(name);
  if (!existsSync(file)) {
    if (!Object.entries(env).some(isOfServices)) say(howToName(dirname(file)));
    return env;
  }
  const stack = parseEnv(readFileSync(file, 'utf8'));
  if (Object.entries(env).some((each) => isOfServices(each) && stack[each[0]] !== each[1])) return env;
  say(`of the local stack (${file})`);
  return {
    ...env,
    ...Object.fromEntries(Object.entries(stack).filter(isOfServices)),
    // A rotation is given the next keyring here.
    CORE_ENCRYPTION_KEYS: env['CORE_ENCRYPTION_KEYS'] ?? stack['CORE_ENCRYPTION_KEYS'],
    SHOPIFY_BASE_URL: env['SHOPIFY_BASE_URL'] ?? stack['SHOPIFY_BASE_URL'],
    DEV_MERCHANT_ID: stack['DEV_MERCHANT_ID'],
  };
}

const howToName = (dir: string): string =>
  `no stack is up in ${dir}: \`npm start\` starts one; \`set -a; . <dir>/stack.env; set +a\` names one of \`npm start -- --dir <dir>\``;
