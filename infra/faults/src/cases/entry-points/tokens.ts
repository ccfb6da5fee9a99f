import { bearer } from '@core/testing';
import type { EntryPoint } from '../case.ts';
import { callApi } from './connect-calls.ts';

export interface Token {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  /** The index of one of the two issuers whose keys the api knows; default: the first. */
  issuer?: 0 | 1;
}

/** Makes a call that needs the scope settings:write. */
export const tokens: EntryPoint<Token> = {
  name: 'token',
  show: ({ claims = {}, header = {}, issuer = 0 }) =>
    `key ${issuer + 1} of 2, header ${JSON.stringify(header, asText)}, claims ${JSON.stringify(claims, asText)}`,
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async ({ claims, header, issuer = 0 }) => {
        const { merchantId } = await stack.newShop();
        const token = stack.issuers[issuer].token(claims, header);
        const body = JSON.stringify({ merchantId });
        return (await callApi(stack, 'GetProgramSettings', body, bearer(token))).code ?? 'accepted';
      }),
    ),
};

/** Shows a missing value as the word `absent`, unlike null. */
const asText = (_name: string, value: unknown) => (value === undefined ? 'absent' : value);
