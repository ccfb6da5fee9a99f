import type { IncomingMessage } from 'node:http';
import { repeatedHeader } from '../request/repeated-header.ts';
import { hostProblem } from './host.ts';
import { invalidRequest, type Refusal } from './refusal.ts';

type Head = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'httpVersion'>;

/**
 * Returns why the head of a request is refused on every route, or undefined.
 * @param checkedByRoute headers whose repetition the route checks itself
 */
export function headProblem(
  { headers, rawHeaders, httpVersion }: Head,
  checkedByRoute: readonly string[] = [],
): Refusal | undefined {
  // The parser accepts HTTP/2.0 in the request line, too.
  if (!httpVersion.startsWith('1.')) {
    return { status: 505, code: 'invalid_argument', message: 'the request must be HTTP/1.1' };
  }
  const repeated = repeatedHeader(rawHeaders, checkedByRoute);
  if (repeated !== undefined) return invalidRequest(`${repeated}: must be given once`);
  const host = hostProblem(headers.host);
  if (host !== undefined) return invalidRequest(host);
  const { 'transfer-encoding': coding, expect } = headers;
  // The parser considers only the last coding.
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return { status: 501, code: 'unimplemented', message: 'transfer-encoding: must be chunked' };
  }
  // HTTP/1.0 has no expectations: RFC 9110, 10.1.1.
  if (expect !== undefined && httpVersion !== '1.0' && expect.toLowerCase() !== '100-continue') {
    return { status: 417, code: 'unimplemented', message: 'expect: must be 100-continue' };
  }
  return undefined;
}
