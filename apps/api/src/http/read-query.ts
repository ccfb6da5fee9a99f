import type { IncomingMessage } from 'node:http';
import { Code, ConnectError } from '@connectrpc/connect';
import { LONGEST_TARGET } from './limits.ts';
import type { Format } from './read-request.ts';
import { invalidRequest, type Refusal } from './refusal.ts';

/** Parameters of the Connect protocol. Others are ignored, such as those that a proxy adds. */
const PARAMETERS = new Set(['connect', 'encoding', 'message', 'base64', 'compression']);

/** The request of a GET call. */
export interface Query {
  readonly format: Format;
  /** Still escaped, as in the query. */
  readonly message: string;
  readonly base64: boolean;
}

/**
 * Reads the query of a GET: https://connectrpc.com/docs/protocol, Unary-Get-Request. The router does not do
 * this safely: of two messages it uses the first, while a proxy may read the second; it replaces octets that
 * are not UTF-8 and skips characters that are not base64. The message is decoded once the caller is known.
 * @returns a refusal that quotes nothing: a query may contain personal data
 */
export function readQuery({ headers }: Pick<IncomingMessage, 'headers'>, target: string): Query | Refusal {
  if (target.length > LONGEST_TARGET) return TOO_LONG;
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) return BODY;
  const given = new Map<string, string>();
  for (const parameter of splitOnce(target, '?')[1].split('&')) {
    const [escaped, value] = splitOnce(parameter, '=');
    const name = textOf(escaped) ?? '';
    if (!PARAMETERS.has(name)) continue;
    if (given.has(name)) return invalidRequest(`${name}: must be given once`);
    given.set(name, value);
  }
  // A broken escape becomes a text that matches no known value.
  const decodedValue = (name: string) => textOf(given.get(name) ?? '') ?? '%';
  const [encoding, message] = [decodedValue('encoding'), given.get('message')];
  if (given.has('connect') && decodedValue('connect') !== 'v1') return invalidRequest('connect: must be v1');
  if (!given.has('encoding')) return invalidRequest('encoding: is required; use json or proto');
  if (encoding !== 'json' && encoding !== 'proto') return UNKNOWN_ENCODING;
  if (message === undefined) return invalidRequest('message: is required');
  const compression = decodedValue('compression').toLowerCase();
  return {
    format: { json: encoding === 'json', framed: false, encoding: compression },
    message,
    base64: decodedValue('base64') === '1',
  };
}

/**
 * Returns the octets of the message, which need not be text and may still be compressed.
 * @throws ConnectError invalid_argument
 */
export function messageOf({ message, base64 }: Query): Buffer {
  const octets = withoutEscapes(message);
  if (!octets) throw invalid('message: % must be followed by two hexadecimal digits');
  if (!base64) return octets;
  const text = octets.toString('latin1');
  const bytes = Buffer.from(text, 'base64url');
  // Node skips characters that are not base64. The text was read in full only if encoding the bytes again
  // returns it.
  const bare = bytes.toString('base64url');
  if (text === bare || text === bare.padEnd(Math.ceil(bare.length / 4) * 4, '=')) return bytes;
  throw invalid('message: must be base64 with - and _ in place of + and /');
}

const invalid = (message: string) => new ConnectError(message, Code.InvalidArgument);

const TOO_LONG: Refusal = {
  status: 414,
  code: 'resource_exhausted',
  message: `the URL has more than ${LONGEST_TARGET} bytes: send the request by POST`,
};
// RFC 9110, 9.3.1: such a body has no meaning, and a proxy may leave it in the connection.
const BODY = invalidRequest('a GET has its message in the URL, and must have no body');
const UNKNOWN_ENCODING: Refusal = {
  status: 415,
  code: 'invalid_argument',
  message: 'encoding: must be json or proto',
};

const ESCAPED = /[%+]/;
const BROKEN_ESCAPE = /%(?![\da-f]{2})/i;

/** Returns the unescaped octets; undefined for a broken escape. Forms and Go clients write a space as +. */
function withoutEscapes(text: string): Buffer | undefined {
  if (BROKEN_ESCAPE.test(text)) return undefined;
  const octet = (_: string, digits: string) => String.fromCharCode(parseInt(digits, 16));
  return Buffer.from(text.replaceAll('+', ' ').replace(/%([\da-f]{2})/gi, octet), 'latin1');
}

const textOf = (text: string): string | undefined =>
  ESCAPED.test(text) ? withoutEscapes(text)?.toString('latin1') : text;

/** Returns the part before the first separator and the part after it. */
function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
