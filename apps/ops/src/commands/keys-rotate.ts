import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flag, merchantId } from '../cli/option.ts';
import { rotateDeep } from '../keys/rotate-deep.ts';
import { rotateKeyring } from '../keys/rotate-keyring.ts';
import { keysEnv, withKeys } from '../keys/with-keys.ts';

export const keysRotate = defineCommand({
  name: 'keys rotate',
  does: "wrap merchants' keys with the current key of the keyring, or give merchants new data keys (--deep)",
  details: `
Without --deep the merchants' data keys stay the same, and the data that they encrypt does not change: this
takes seconds. First add the new key after the current one to CORE_ENCRYPTION_KEYS of every app, then move it
to the front, then run this command.

With --deep each merchant gets a new data key, and its emails, tokens and webhooks are encrypted again, 25
customers per transaction. Reads and writes continue during the rotation. The old keys are deleted five
minutes after the new ones were created, when no process can have them cached any more. Ctrl-C stops the
rotation between two pages; the same command continues it.`,
  options: {
    deep: flag('create new data keys, and encrypt all data again'),
    merchant: merchantId('only this merchant; requires --deep'),
    ...ACTING_OPTIONS,
  },
  env: keysEnv,
  run: async ({ values, env, terminal, signal }) => {
    if (values.merchant && !values.deep) throw new UsageError('--merchant: requires --deep');
    return withKeys(env, (opened) =>
      values.deep
        ? rotateDeep({ ...opened, values, terminal, signal })
        : rotateKeyring({ ...opened, values, terminal, signal }),
    );
  },
});
