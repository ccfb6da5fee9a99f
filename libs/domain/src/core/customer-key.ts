import type { MerchantId } from '@core/contracts';

export interface CustomerKey {
  merchantId: MerchantId;
  customerId: string;
}
