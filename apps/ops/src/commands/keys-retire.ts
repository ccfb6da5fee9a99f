import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { assertRetirable, retireKey } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { text, type Option } from '../cli/option.ts';
import { keysEnv, withKeys } from '../keys/with-keys.ts';

const id: Option<string | undefined> = {
  ...text('<id>', 'of the key, as in CORE_ENCRYPTION_KEYS'),
  bare: true,
};

export const keysRetire = defineCommand({
  name: 'keys retire',
  does: 'record that a key of the keyring is needed no more',
  details: `
Refuses while the key is the current one, or wraps any merchant's keys: then \`keys rotate\` comes first; and a key that
CORE_ENCRYPTION_KEYS does not have. Afterwards it may be taken out of CORE_ENCRYPTION_KEYS of every app. Page tokens that were handed out under it end with it.`,
  options: { id, ...ACTING_OPTIONS },
  env: keysEnv,
  run: async ({ values, env, terminal }) => {
    const keyId = values.id;
    if (!keyId) throw new UsageError('--id: is required');
    return withKeys(env, async ({ pool, keyring }) => {
      await inTransaction(pool, (tx) => assertRetirable(tx, { keyring, keyId }));
      const preview = [`nothing needs key ${keyId}`];
      if (!(await mayAct(values, terminal, preview, `retire key ${keyId}?`))) {
        return { json: { dry_run: true, key: keyId }, lines: [...preview, NOTHING_DONE] };
      }
      const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
      await inTransaction(pool, (tx) => retireKey(tx, actor, { keyring, keyId }));
      return {
        json: { dry_run: false, key: keyId },
        lines: [`key ${keyId} is retired: take it out of CORE_ENCRYPTION_KEYS of every app`],
      };
    });
  },
});
