import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flag, merchantId } from '../cli/option.ts';
import { rotateDeep } from '../keys/rotate-deep.ts';
import { rotateKeyring } from '../keys/rotate-keyring.ts';
import { keysEnv, withKeys } from '../keys/with-keys.ts';

export const keysRotate = defineCommand({
  name: 'keys rotate',
  does: "wrap merchants' keys by the current key of the keyring, or give merchants new data keys (--deep)",
  details: `
Without --deep the merchants' keys stay what they are, and nothing that they encrypt changes: a matter of seconds. Put
the new key behind the current one in CORE_ENCRYPTION_KEYS of every app first, then in front of it, then run this.

With --deep each merchant gets a new data key, and its emails, tokens and webhooks are encrypted anew, 25 customers to a
transaction, while everybody reads and writes. The old keys are deleted five minutes after the new ones were made, when
no process can have them any more. Ctrl-C stops it between two pages; the same command goes on where it stopped.`,
  options: {
    deep: flag('new data keys, and everything encrypted anew'),
    merchant: merchantId('of this merchant alone; with --deep'),
    ...ACTING_OPTIONS,
  },
  env: keysEnv,
  run: async ({ values, env, terminal, signal }) => {
    if (values.merchant && !values.deep) throw new UsageError('--merchant: goes with --deep alone');
    return withKeys(env, (opened) =>
      values.deep
        ? rotateDeep({ ...opened, values, terminal, signal })
        : rotateKeyring({ ...opened, values, terminal, signal }),
    );
  },
});
