import { keyringEnv, parseKeyring } from '@core/crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { readKeyStatus, type KeyStatus } from '@core/domain';
import { readEnv } from '@core/runtime';
import { defineCommand } from '../cli/command.ts';
import { age, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const keysStatus = defineCommand({
  name: 'keys status',
  does: "show which keys wrap merchants' keys, and which rotations are not finished",
  details: `
Shows every key of CORE_ENCRYPTION_KEYS, also one that wraps nothing yet, and every other key that still wraps
something: without such a key its merchants' values cannot be read.`,
  options: {},
  env: { ...databaseEnv, ...keyringEnv },
  run: ({ env }) =>
    withDatabase(
      env,
      async (pool) => {
        const { ids } = parseKeyring(readEnv(keyringEnv, env).CORE_ENCRYPTION_KEYS);
        const status = withKeyring(await inTransaction(pool, readKeyStatus), ids);
        return { json: status, lines: lines(status) };
      },
      'core_owner',
    ),
});

interface KeyringKey {
  key: string;
  merchants: number;
  state: 'current' | 'earlier' | 'missing';
}

type Status = Omit<KeyStatus, 'keyring'> & { keyring: KeyringKey[] };

/** Adds what CORE_ENCRYPTION_KEYS says: its keys in their order, then the keys that it lacks. */
function withKeyring(status: KeyStatus, ids: readonly string[]): Status {
  const wrapped = new Map(status.keyring.map(({ key, merchants }) => [key, merchants]));
  const listed = ids.map((key, n): KeyringKey => ({
    key,
    merchants: wrapped.get(key) ?? 0,
    state: n === 0 ? 'current' : 'earlier',
  }));
  const missing = status.keyring
    .filter(({ key }) => !ids.includes(key))
    .map((each): KeyringKey => ({ ...each, state: 'missing' }));
  return { ...status, keyring: [...listed, ...missing] };
}

const STATES = {
  current: 'current: wraps new keys',
  earlier: 'earlier: unwraps',
  missing: 'missing in CORE_ENCRYPTION_KEYS: add it',
};

const lines = ({ keyring, generations, destroyed, rotations }: Status): string[] => [
  ...table(
    ['keyring key', 'wraps the keys of', 'state'],
    keyring.map(({ key, merchants, state }) => [printable(key), count(merchants, 'merchant'), STATES[state]]),
  ),
  '',
  ...table(
    ['generation', 'newest for'],
    generations.map(({ generation, merchants }) => [generation, count(merchants, 'merchant')]),
  ),
  ...(destroyed > 0 ? [`destroyed: the keys of ${count(destroyed, 'merchant')}`] : []),
  '',
  ...(rotations.length === 0
    ? ['no rotation is in progress']
    : table(
        ['rotating', 'to generation', 'emails', 'started'],
        rotations.map(({ merchant_id, generation, rows, started_at }) => [
          merchant_id,
          generation,
          rows,
          `${age((Date.now() - started_at.getTime()) / 1_000)} ago`,
        ]),
      )),
];
