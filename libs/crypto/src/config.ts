import { secretOrFile } from '@core/runtime';
import { parseKeyring } from './keyring.ts';

/** The keyring that wraps every merchant's keys. */
export const keyringEnv = {
  CORE_ENCRYPTION_KEYS: secretOrFile({
    doc: 'keyring, id:base64 of 32 bytes,...; the first is current; or the absolute path of a file with it',
    example: 'k1:<base64 of 32 random bytes>',
    check: (spec) => void parseKeyring(spec),
  }),
};
