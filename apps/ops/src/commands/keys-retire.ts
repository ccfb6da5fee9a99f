import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { assertRetirable, retireKey } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { text, type Option } from '../cli/option.ts';
import { keysEnv, withKeys } from '../keys/with-keys.ts';

const id: Option<string | undefined> = {
  ...text('<id>', 'id of the key, as in CORE_ENCRYPTION_KEYS'),
  bare: true,
};

export const keysRetire = defineCommand({
  name: 'keys retire',
  does: 'record that a key of the keyring is no longer needed',
  details: `
Refuses the current key, a key that still wraps a merchant's keys (run \`keys rotate\` first), and a key that
CORE_ENCRYPTION_KEYS does not contain. Afterwards the key may be removed from CORE_ENCRYPTION_KEYS of every
app. The removal invalidates the page tokens that were issued under the key.`,
  options: { id, ...ACTING_OPTIONS },
  env: keysEnv,
  run: async ({ values, env, terminal }) => {
    const keyId = values.id;
    if (!keyId) throw new UsageError('--id: is required');
    return withKeys(env, async ({ pool, keyring }) => {
      await inTransaction(pool, (tx) => assertRetirable(tx, { keyring, keyId }));
      const preview = [`nothing needs key ${keyId}`];
      if (!(await confirmAction(values, terminal, preview, `retire key ${keyId}?`))) {
        return { json: { dry_run: true, key: keyId }, lines: [...preview, DRY_RUN_NOTICE] };
      }
      const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
      await inTransaction(pool, (tx) => retireKey(tx, actor, { keyring, keyId }));
      return {
        json: { dry_run: false, key: keyId },
        lines: [`key ${keyId} is retired: remove it from CORE_ENCRYPTION_KEYS of every app`],
      };
    });
  },
});
