export interface CustomerKey {
  merchantId: string;
  customerId: string;
}
