import type { MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import { open, seal } from './keyring.ts';
import type { MerchantKeyStore } from './merchant-keys.ts';
import type { MerchantKeys } from './wrapped-keys.ts';

/** `<generation>.<sealed>` under the merchant's data key; it opens for this context alone. */
export const sealValue = (keys: MerchantKeys, plain: Buffer, context: string): string =>
  `${keys.generation}.${seal(keys.dataKey, plain, context)}`;

/** Of a value of sealValue. */
export function splitSealed(value: string): { generation: string; sealed: string } {
  const dot = value.indexOf('.');
  return { generation: value.slice(0, dot), sealed: value.slice(dot + 1) };
}

/** @throws KeyError when the merchant's key is gone, or the value was changed or belongs to another context */
export async function openValue(
  reader: Reader,
  keys: MerchantKeyStore,
  { merchantId, value, context }: { merchantId: MerchantId; value: string; context: string },
): Promise<Buffer> {
  const { generation, sealed } = splitSealed(value);
  const { dataKey } = await keys.ofGeneration(reader, merchantId, Number(generation));
  return open(dataKey, sealed, context);
}
