// A name, an IPv4 address or a bracketed IPv6 address, and a port: RFC 9110, 7.2. Other characters are
// invalid.
const HOST = /^(?:[\w.~!$&'()*+,;=%-]{1,255}|\[[\da-f:.%]{2,60}\])(?::(\d{1,5}))?$/i;

/**
 * Returns why no URL can be built from the Host of a request, or undefined. The service accepts any name, but
 * the rpc library builds a URL from the Host and throws if it cannot. HTTP/1.0 may omit Host; that is refused
 * as well.
 */
export function hostProblem(host: string | undefined): string | undefined {
  if (host === undefined) return 'host: is required';
  const [, port] = HOST.exec(host) ?? ['', '-1'];
  const valid = port !== '-1' && Number(port ?? 0) <= 65_535 && URL.canParse(`http://${host}`);
  return valid ? undefined : 'host: must be a name or an address, optionally with a port';
}
