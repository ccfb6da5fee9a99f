import type { IncomingMessage } from 'node:http';

// A name, an IPv4 address or an IPv6 one in brackets, and a port: RFC 9110, 7.2. What it leaves out is nobody's name.
const HOST = /^(?:[\w.~!$&'()*+,;=%-]{1,255}|\[[\da-f:.%]{2,60}\])(?::(\d{1,5}))?$/i;

/**
 * Why a request names no host that a URL can be made of, or undefined. Ours are behind any name, so that any will do;
 * but the library that answers rpcs makes a URL of it, and throws. In HTTP/1.0 it may be missing, and is refused alike.
 */
export function hostProblem({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { host } = headers;
  if (host === undefined) return 'host: is required';
  const [, port] = HOST.exec(host) ?? ['', '-1'];
  const valid = port !== '-1' && Number(port ?? 0) <= 65_535 && URL.canParse(`http://${host}`);
  return valid ? undefined : 'host: must be a name or an address, and a port if need be';
}
