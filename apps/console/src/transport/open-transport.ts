import type { Interceptor, Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import type { TokenSource } from './token-source.ts';

/** Opens the connection to the api, at the origin that served the page. Reads are sent by GET. */
export function openTransport(baseUrl: string, tokenOf: TokenSource): Transport {
  const authorize: Interceptor = (next) => async (request) => {
    const token = await tokenOf();
    if (token !== undefined) request.header.set('authorization', `Bearer ${token}`);
    return next(request);
  };
  // Binary: the build leaves out the JSON half of the protobuf runtime.
  return createConnectTransport({
    baseUrl,
    useHttpGet: true,
    useBinaryFormat: true,
    interceptors: [authorize],
  });
}
