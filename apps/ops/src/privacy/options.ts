import type { MerchantId } from '@core/contracts';
import { UsageError } from '../cli/errors.ts';
import { text, type Values } from '../cli/option.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';

/** Which request. */
export const REQUEST_OPTIONS = {
  request: {
    ...text('<id>', 'this one, as `privacy list` names it; the flag itself may be left out'),
    bare: true,
  },
  ...MERCHANT_OPTIONS,
};

/** @throws UsageError when nothing says which, or whose */
export function requestOf(
  values: Values<typeof REQUEST_OPTIONS>,
  env: NodeJS.ProcessEnv,
): { merchantId: MerchantId; requestId: string } {
  if (!values.request) throw new UsageError('--request: must say which request; `privacy list` shows them');
  return { requestId: values.request, merchantId: merchantOf(values, env) };
}
