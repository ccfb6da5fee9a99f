import { readMerchantId, type MerchantId } from '@core/contracts';
import type { ImportRef } from '@core/domain';
import { UsageError } from '../cli/errors.ts';
import { importId, merchantId, type Values } from '../cli/option.ts';

/** Whose imports. */
export const MERCHANT_OPTIONS = {
  merchant: merchantId("of this merchant; the local stack's own unless given"),
};

/** Which import. */
export const IMPORT_OPTIONS = {
  import: { ...importId('this one; the flag itself may be left out'), bare: true },
  ...MERCHANT_OPTIONS,
};

/** @throws UsageError when nothing says whose */
export function merchantOf(
  { merchant }: Values<typeof MERCHANT_OPTIONS>,
  { DEV_MERCHANT_ID: local }: NodeJS.ProcessEnv,
): MerchantId {
  const whose = merchant ?? readMerchantId(local);
  if (!whose) throw new UsageError('--merchant: must say whose; without, there must be a local stack');
  return whose;
}

/** @throws UsageError when nothing says which, or whose */
export function importOf(values: Values<typeof IMPORT_OPTIONS>, env: NodeJS.ProcessEnv): ImportRef {
  if (!values.import) throw new UsageError('--import: must say which import; `import list` shows them');
  return { importId: values.import, merchantId: merchantOf(values, env) };
}

const PROGRAM = 'npm run ops -- import';

export const listWith = (merchantId: MerchantId): string => `${PROGRAM} list --merchant ${merchantId}`;

export const watchWith = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} watch ${importId} --merchant ${merchantId}`;

export const errorsWith = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} errors ${importId} --merchant ${merchantId}`;

export const resumeWith = ({ importId, merchantId }: ImportRef): string =>
  `${PROGRAM} resume ${importId} --merchant ${merchantId} --yes`;
