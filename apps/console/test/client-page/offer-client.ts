import { createClient } from '@connectrpc/connect';
import { CoreService, type GetCustomerRFMResponse } from '@core/contracts/web';
import { readEntry } from '../../src/entry/read-entry.ts';
import { openTransport } from '../../src/transport/open-transport.ts';

declare global {
  interface Window {
    getCustomerRFM: (
      service: string,
      request: { merchantId: string; customerId: string },
    ) => Promise<GetCustomerRFMResponse>;
  }
}

const { token } = readEntry(window.location);
const transport = openTransport(window.location.origin, () => Promise.resolve(token));

/** @param service the name in the path: the service's own, or core.v1 of the plan's literal path */
window.getCustomerRFM = (service, request) => {
  const named = { ...CoreService, typeName: service };
  const methods = CoreService.methods.map((method) => ({ ...method, parent: named }));
  return createClient({ ...named, methods } as typeof CoreService, transport).getCustomerRFM(request);
};
