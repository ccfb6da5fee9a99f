import { bearer } from '@core/testing';
import type { EntryPoint } from '../case.ts';

/** A Connect call by GET: its message is in the URL, and caches may store the reply. */
export type GetCall = readonly [method: string, fields: string];

export const getCalls: EntryPoint<GetCall> = {
  name: 'Connect by GET',
  show: ([method, fields]) => `GET ${method} ${fields}`,
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async ([method, fields]) => {
        const { merchantId } = await stack.newShop();
        const message = JSON.stringify({ merchantId, ...(JSON.parse(fields) as object) });
        const query = new URLSearchParams({ connect: 'v1', encoding: 'json', message });
        const response = await fetch(`${stack.httpUrl}/core.v1.CoreService/${method}?${query}`, {
          headers: bearer(stack.issuers[0].token()),
        });
        await response.text();
        return `${response.status}, ${response.headers.get('cache-control') ?? 'no cache-control'}`;
      }),
    ),
};
