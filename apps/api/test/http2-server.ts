import { readFileSync } from 'node:fs';
import { createSecureServer, createServer, type Http2Server } from 'node:http2';

/**
 * Creates a server for the process of a spec; under TLS if it receives the files of a key and a certificate.
 */
export function http2Server([key, certificate]: readonly string[]): Http2Server {
  if (!key || !certificate) return createServer();
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  return createSecureServer(options) as unknown as Http2Server;
}
