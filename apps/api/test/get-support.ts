import { create, toJson, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { Method } from '../src/method.ts';
import { METHODS } from '../src/methods.ts';

/** Returns the query of a GET call, as Go clients and web pages write it: JSON as text, binary in base64. */
export const queryOf = (message: string | Uint8Array, more: Record<string, string> = {}): string =>
  `?${new URLSearchParams({
    connect: 'v1',
    ...(typeof message === 'string'
      ? { encoding: 'json', message }
      : { base64: '1', encoding: 'proto', message: Buffer.from(message).toString('base64url') }),
    ...more,
  })}`;

export async function get(url: string, headers: Record<string, string> = {}) {
  const reply = await fetch(url, { headers });
  const text = await reply.text();
  const json = reply.headers.get('content-type') === 'application/json' && text !== '';
  const body = (json ? JSON.parse(text) : text) as Record<string, unknown>;
  return { status: reply.status, headers: reply.headers, body };
}

export const jsonOf = ({ desc }: Method, request: MessageInitShape<DescMessage>): string =>
  JSON.stringify(toJson(desc.input, create(desc.input, request)));

/**
 * Decides by name, so that a missing option in a proto is noticed. FindCustomerByEmail would put an email
 * into a URL.
 */
const isSafe = ({ kind, desc }: Method): boolean =>
  kind === 'unary' && /^(Get|BatchGet|List)[A-Z]/.test(desc.name);
/** The rpcs that may be called by GET, and the others. */
export const SAFE = METHODS.filter(isSafe);
export const OTHERS = METHODS.filter((method) => !isSafe(method));
