import { bearer } from '@core/testing';
import type { FieldStack } from '../../field/stack.ts';
import type { EntryPoint } from '../case.ts';
import { fillPlaceholders, restorePlaceholders, makeWorld, withFields, type World } from '../world.ts';

/** Calls of one merchant, sent one after another; #1 is the first customer that they create. */
export type Calls = readonly (readonly [method: string, body: string])[];

export const connectCalls: EntryPoint<Calls> = {
  name: 'Connect',
  show: (all) => all.map(([method, body]) => `${method} ${body}`).join(' then '),
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async (all) => {
        const world = await makeWorld(stack);
        const replies = await sendCalls(stack, world, all);
        return restorePlaceholders(replies.join('; '), world);
      }),
    ),
};

/** Sends the calls one after another. @returns the replies, as text */
export async function sendCalls(stack: FieldStack, world: World, all: Calls): Promise<string[]> {
  const customers: string[] = [];
  const numbered = (text: string) =>
    customers.reduce((named, id, n) => named.replaceAll(id, `#${n + 1}`), text);
  const replies: string[] = [];
  for (const [method, body] of all) {
    const text = customers.reduce(
      (filled, id, n) => filled.replaceAll(`#${n + 1}`, id),
      fillPlaceholders(body, world),
    );
    const { code, reply } = await callApi(
      stack,
      method,
      withFields(text, `"merchantId": "${world.merchantId}"`),
    );
    const created = reply['created'] === true ? String(reply['customerId']) : undefined;
    if (created !== undefined) customers.push(created);
    replies.push(numbered(code ?? describeReply(method, reply)));
  }
  return replies;
}

type Reply = Record<string, unknown>;

const describeReply = (method: string, reply: Reply): string => {
  switch (method) {
    case 'CreateCustomer':
      return `${reply['created'] ? 'created' : 'exists as'} ${String(reply['customerId'])}`;
    case 'FindCustomerByEmail':
      return `found ${String((reply['customer'] as Reply)['customerId'])}`;
    case 'GetCustomer':
      return `returned ${customerText(reply['customer'] as Reply)}`;
    default:
      return 'ok';
  }
};

/** Formats a customer without the fields that differ between runs. */
function customerText({ externalId, email, metadata }: Reply): string {
  return JSON.stringify({ externalId, email, metadata });
}

/** @returns the error as code and message, or the reply */
export async function callApi(
  { httpUrl, issuers }: Pick<FieldStack, 'httpUrl' | 'issuers'>,
  method: string,
  body: string,
  headers: Record<string, string> = bearer(issuers[0].token()),
): Promise<{ code?: string; reply: Reply }> {
  const response = await fetch(`${httpUrl}/core.v1.CoreService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const reply = (await response.json()) as Reply;
  if (response.ok) return { reply };
  return { code: `${String(reply['code'])}: ${String(reply['message'])}`, reply };
}
