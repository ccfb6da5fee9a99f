import { databaseEnv, inTransaction } from '@core/db';
import { readKeyStatus, type KeyStatus } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { age, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const keysStatus = defineCommand({
  name: 'keys status',
  does: "show which keys wrap merchants' keys, and which rotations are not finished",
  options: {},
  env: databaseEnv,
  run: ({ env }) =>
    withDatabase(
      env,
      async (pool) => {
        const status = await inTransaction(pool, readKeyStatus);
        return { json: status, lines: lines(status) };
      },
      'core_owner',
    ),
});

const lines = ({ keyring, generations, destroyed, rotations }: KeyStatus): string[] => [
  ...table(
    ['keyring key', 'wraps the keys of'],
    keyring.map(({ key, merchants }) => [printable(key), count(merchants, 'merchant')]),
  ),
  '',
  ...table(
    ['generation', 'newest of'],
    generations.map(({ generation, merchants }) => [generation, count(merchants, 'merchant')]),
  ),
  ...(destroyed > 0 ? [`destroyed: of ${count(destroyed, 'merchant')}`] : []),
  '',
  ...(rotations.length === 0
    ? ['no rotation is under way']
    : table(
        ['rotating', 'to generation', 'emails', 'begun'],
        rotations.map(({ merchant_id, generation, rows, started_at }) => [
          merchant_id,
          generation,
          rows,
          `${age((Date.now() - started_at.getTime()) / 1_000)} ago`,
        ]),
      )),
];
