import type { CustomerId, MerchantId } from '@core/contracts';

export interface CustomerKey {
  merchantId: MerchantId;
  customerId: CustomerId;
}
