import { secretOrFile } from '@core/runtime';
import { parseKeyring } from './keyring.ts';

/** The keyring that wraps every merchant's keys. */
export const keyringEnv = {
  CORE_ENCRYPTION_KEYS: secretOrFile({
    doc: 'keyring as id:base64,id:base64,... with keys of 32 bytes, the current one first; or the absolute path of a file with it',
    example: 'k1:<base64 of 32 random bytes>',
    check: (spec) => void parseKeyring(spec),
  }),
};
