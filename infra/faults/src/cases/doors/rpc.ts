import { bearer } from '@core/testing';
import type { FieldStack } from '../../field/stack.ts';
import type { Door } from '../case.ts';
import { fill, hide, makeWorld, withFields, type World } from '../world.ts';

/** Calls of one merchant, sent one after another; #1 is the first customer that they create. */
export type Calls = readonly (readonly [method: string, body: string])[];

export const calls: Door<Calls> = {
  name: 'Connect',
  show: (all) => all.map(([method, body]) => `${method} ${body}`).join(' then '),
  send: (stack, inputs) =>
    Promise.all(
      inputs.map(async (all) => {
        const world = await makeWorld(stack);
        const answers = await answersTo(stack, world, all);
        return hide(answers.join('; '), world);
      }),
    ),
};

/** Sends the calls one after another. @returns the answers */
export async function answersTo(stack: FieldStack, world: World, all: Calls): Promise<string[]> {
  const customers: string[] = [];
  const numbered = (text: string) =>
    customers.reduce((named, id, n) => named.replaceAll(id, `#${n + 1}`), text);
  const answers: string[] = [];
  for (const [method, body] of all) {
    const text = customers.reduce((filled, id, n) => filled.replaceAll(`#${n + 1}`, id), fill(body, world));
    const { code, reply } = await callApi(
      stack,
      method,
      withFields(text, `"merchantId": "${world.merchantId}"`),
    );
    const created = reply['created'] === true ? String(reply['customerId']) : undefined;
    if (created !== undefined) customers.push(created);
    answers.push(numbered(code ?? describeReply(method, reply)));
  }
  return answers;
}

type Reply = Record<string, unknown>;

const describeReply = (method: string, reply: Reply): string => {
  switch (method) {
    case 'CreateCustomer':
      return `${reply['created'] ? 'created' : 'is there as'} ${String(reply['customerId'])}`;
    case 'FindCustomerByEmail':
      return `found ${String((reply['customer'] as Reply)['customerId'])}`;
    case 'GetCustomer':
      return `has ${customerText(reply['customer'] as Reply)}`;
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
  const answer = await fetch(`${httpUrl}/core.v1.CoreService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const reply = (await answer.json()) as Reply;
  if (answer.ok) return { reply };
  return { code: `${String(reply['code'])}: ${String(reply['message'])}`, reply };
}
