import type { IncomingMessage } from 'node:http';
import { hostProblem } from './host.ts';
import { invalidRequest, type Refusal } from './refusal.ts';

type Head = Pick<IncomingMessage, 'headers' | 'httpVersion'>;

/** Why a request is refused by its head, wherever it goes; undefined when it is not. */
export function headProblem({ headers, httpVersion }: Head): Refusal | undefined {
  const host = hostProblem(headers.host);
  if (host !== undefined) return invalidRequest(host);
  const { expect } = headers;
  // HTTP/1.0 has no expectations: RFC 9110, 10.1.1.
  if (expect !== undefined && httpVersion !== '1.0' && expect.toLowerCase() !== '100-continue') {
    return { status: 417, code: 'unimplemented', message: 'expect: must be 100-continue' };
  }
  return undefined;
}
