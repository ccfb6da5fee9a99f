import type { IncomingMessage, ServerResponse } from 'node:http';
import { cors } from '@connectrpc/connect';
import { TRACEPARENT } from '@core/contracts';
import { REQUEST_ID } from '../rpc-context/request-id.ts';
import { RETRY_AFTER } from '../rpc-context/retryable-error.ts';
import { MERGED_INTO } from '../errors.ts';
import { sendResponse } from './send-response.ts';

/**
 * Headers that a page's tracing adds to each call: W3C trace context and baggage as OpenTelemetry sends them,
 * and Zipkin's B3 in both forms. A call from the page fails if one of them is missing here. The service reads
 * only traceparent.
 */
const TRACING_HEADERS = [
  TRACEPARENT,
  'tracestate',
  'baggage',
  'b3',
  ...['traceid', 'spanid', 'parentspanid', 'sampled', 'flags'].map((name) => `x-b3-${name}`),
];
const ALLOW_HEADERS = [...cors.allowedHeaders, 'Authorization', REQUEST_ID, ...TRACING_HEADERS].join(', ');
const OUR_HEADERS = [REQUEST_ID, 'x-consistency-token', MERGED_INTO, RETRY_AFTER];
const EXPOSE_HEADERS = [...cors.exposedHeaders, ...OUR_HEADERS].join(', ');
/** Time for which a browser may cache a preflight; Chromium's own limit. */
const PREFLIGHT_MAX_AGE_S = '7200';

/**
 * Lets pages of the listed origins call. The browser withholds the reply from any other page; clients other
 * than browsers are not affected.
 * @returns a function that returns true if it has answered the request itself, as it does for a preflight
 */
export function createCors(
  origins: readonly string[],
): (req: IncomingMessage, res: ServerResponse) => boolean {
  const allowed = new Set(origins);
  return (req, res) => {
    const { origin } = req.headers;
    const preflight = req.method === 'OPTIONS';
    if (origin !== undefined) res.setHeader('Vary', 'Origin');
    if (origin !== undefined && allowed.has(origin)) {
      res.setHeader('Access-Control-Allow-Origin', origin);
      res.setHeader('Access-Control-Expose-Headers', EXPOSE_HEADERS);
      if (preflight) {
        res.setHeader('Access-Control-Allow-Methods', cors.allowedMethods.join(', '));
        res.setHeader('Access-Control-Allow-Headers', ALLOW_HEADERS);
        res.setHeader('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_S);
      }
    }
    if (preflight) sendResponse(req, res, 204);
    return preflight;
  };
}
