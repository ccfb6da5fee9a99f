import { readMerchantId, type MerchantId } from '@core/contracts';
import type { ImportRef } from '@core/domain';
import { UsageError } from '../cli/errors.ts';
import { importId, merchantId, type Values } from '../cli/option.ts';

/** The option that selects the merchant. */
export const MERCHANT_OPTIONS = {
  merchant: merchantId('the merchant; default: the merchant of the local stack'),
};

/** Options that select one import. */
export const IMPORT_OPTIONS = {
  import: { ...importId('the import; the flag name may be omitted'), bare: true },
  ...MERCHANT_OPTIONS,
};

/** @throws UsageError when neither the option nor a local stack gives a merchant */
export function merchantOf(
  { merchant }: Values<typeof MERCHANT_OPTIONS>,
  { DEV_MERCHANT_ID: local }: NodeJS.ProcessEnv,
): MerchantId {
  const id = merchant ?? readMerchantId(local);
  if (!id) throw new UsageError('--merchant: is required, because no local stack runs');
  return id;
}

/** @throws UsageError when the import or the merchant is missing */
export function importOf(values: Values<typeof IMPORT_OPTIONS>, env: NodeJS.ProcessEnv): ImportRef {
  if (!values.import) throw new UsageError('--import: is required; `import list` shows the imports');
  return { importId: values.import, merchantId: merchantOf(values, env) };
}

const PROGRAM = 'npm run ops -- import';

export const listCommand = (merchantId: MerchantId): string => `${PROGRAM} list --merchant ${merchantId}`;

export const watchCommand = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} watch ${importId} --merchant ${merchantId}`;

export const errorsCommand = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} errors ${importId} --merchant ${merchantId}`;

export const resumeCommand = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} resume ${importId} --merchant ${merchantId} --yes`;
