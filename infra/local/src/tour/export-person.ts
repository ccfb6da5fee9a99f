import { CoreService, PrivacyService } from '@core/contracts';
import type { TourContext } from './context.ts';
import type { Scored } from './scores.ts';

/** Exports and prints all data held about one person, as a store owner may request. */
export async function exportPerson({ rpc, merchantId, tell }: TourContext, scored: readonly Scored[]) {
  const customerId = scored[0]?.customerId ?? '';
  const { data } = await rpc.unary(PrivacyService.method.exportCustomerData, { merchantId, customerId });
  for (const line of JSON.stringify(data, null, 2).split('\n')) tell(line);
  const { customer } = await rpc.unary(CoreService.method.getCustomer, { merchantId, customerId });
  if (!customer?.email || !JSON.stringify(data).includes(customer.email)) {
    throw new Error('the export lacks the email that GetCustomer returns');
  }
}
