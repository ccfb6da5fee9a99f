import { createClient } from '@connectrpc/connect';
import { CoreService, type GetCustomerRFMResponse } from '@core/contracts/web';
import { readEntry } from '../../src/entry/read-entry.ts';
import { openTransport } from '../../src/transport/open-transport.ts';
import { createTokenSource } from '../../src/transport/token-source.ts';

declare global {
  interface Window {
    getCustomerRFM: (
      service: string,
      request: { merchantId: string; customerId: string },
    ) => Promise<GetCustomerRFMResponse>;
  }
}

const tokenOf = createTokenSource(window.shopify, readEntry(window.location).token);
const transport = openTransport(window.location.origin, tokenOf);

/** @param service the name in the path: the service's own, or core.v1 of the plan's literal path */
window.getCustomerRFM = (service, request) => {
  const named = { ...CoreService, typeName: service };
  const methods = CoreService.methods.map((method) => ({ ...method, parent: named }));
  return createClient({ ...named, methods } as typeof CoreService, transport).getCustomerRFM(request);
};
