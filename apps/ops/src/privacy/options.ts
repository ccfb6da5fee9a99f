import type { MerchantId } from '@core/contracts';
import { UsageError } from '../cli/errors.ts';
import { text, type Values } from '../cli/option.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';

/** Options that select one request. */
export const REQUEST_OPTIONS = {
  request: {
    ...text('<id>', 'the request, as `privacy list` shows it; the flag name may be omitted'),
    bare: true,
  },
  ...MERCHANT_OPTIONS,
};

/** @throws UsageError when the request or the merchant is missing */
export function requestOf(
  values: Values<typeof REQUEST_OPTIONS>,
  env: NodeJS.ProcessEnv,
): { merchantId: MerchantId; requestId: string } {
  if (!values.request) throw new UsageError('--request: is required; `privacy list` shows the requests');
  return { requestId: values.request, merchantId: merchantOf(values, env) };
}
