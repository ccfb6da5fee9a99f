import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * Returns the environment of commands. If it names neither PostgreSQL nor Kafka, and a stack of `npm start`
 * runs in this checkout, the variables of that stack are filled in: its `stack.env` exists as long as the
 * stack runs. If one variable of either service differs from the stack's, nothing is filled in: a mix of
 * production and this machine would be the worst case.
 * @param file .local/stack.env
 * @param say called with a line when the stack's variables are used, or, if none are set, with a hint how to
 *   set them
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
  say(`using the local stack (${file})`);
  return {
    ...env,
    ...Object.fromEntries(Object.entries(stack).filter(isOfServices)),
    // A key rotation passes the next keyring in this variable.
    CORE_ENCRYPTION_KEYS: env['CORE_ENCRYPTION_KEYS'] ?? stack['CORE_ENCRYPTION_KEYS'],
    SHOPIFY_BASE_URL: env['SHOPIFY_BASE_URL'] ?? stack['SHOPIFY_BASE_URL'],
    DEV_MERCHANT_ID: stack['DEV_MERCHANT_ID'],
  };
}

const howToName = (dir: string): string =>
  `no stack runs in ${dir}: \`npm start\` starts one; \`set -a; . <dir>/stack.env; set +a\` selects one of \`npm start -- --dir <dir>\``;
