import type { PeerCertificate } from 'node:tls';
import { CoreError } from '@core/runtime';
import { SCOPES, type Caller, type Scope } from '../rpc-context/context.ts';

/**
 * Reads CORE_GRPC_TLS_CLIENTS: `name=scope scope;name=scope`. A name is a URI in the certificate's
 * subjectAltName, or its CN if it has no URI.
 * @throws Error that contains only the expected format
 */
export function parseClients(raw: string): readonly Caller[] {
  const clients = raw
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part): Caller => {
      // A URI may contain an equals sign, a scope may not.
      const at = part.lastIndexOf('=');
      const caller = part.slice(0, at).trim();
      const scopes: string[] = part.slice(at + 1).match(/\S+/g) ?? [];
      if (at < 0 || caller === '' || scopes.length === 0 || !scopes.every(isScope)) {
        throw new Error(`must be name=scope scope;name=scope, the scopes of ${SCOPES.join(', ')}`);
      }
      return { caller, scopes: new Set(scopes) };
    });
  if (new Set(clients.map(({ caller }) => caller)).size < clients.length) {
    throw new Error('must name each client once');
  }
  return clients;
}

const isScope = (name: string): name is Scope => (SCOPES as readonly string[]).includes(name);

/** @throws CoreError unauthenticated */
export type CertificateCheck = (certificate: PeerCertificate) => Caller;

/**
 * Finds the configured client that a certificate names. The TLS handshake has already verified the
 * certificate.
 */
export function createCertificateCheck(clients: readonly Caller[]): CertificateCheck {
  const byName = new Map(clients.map((client) => [client.caller, client]));
  const cache = new WeakMap<PeerCertificate, Caller>();
  return (certificate) => {
    const found =
      cache.get(certificate) ??
      namesOf(certificate)
        .map((name) => byName.get(name))
        .find(Boolean);
    if (!found) throw new CoreError('unauthenticated', 'unknown client certificate');
    cache.set(certificate, found);
    return found;
  };
}

/**
 * Returns the names of a certificate. The CN counts only if there is no URI: an authority that vouches for
 * URIs may sign any CN.
 */
function namesOf({ subject, subjectaltname }: PeerCertificate): string[] {
  const uris = urisOf(subjectaltname ?? '');
  if (!uris || uris.length > 0) return uris ?? [];
  const { CN } = subject as { CN?: string | string[] };
  return typeof CN === 'string' ? [CN] : [];
}

/**
 * Returns the URIs of `URI:spiffe://example.com/a, DNS:b`. Node quotes a value that contains a comma as JSON.
 * Values are read one by one from the start, so one value cannot pass for two.
 * @returns undefined if the string cannot be parsed to its end
 */
function urisOf(names: string): string[] | undefined {
  const uris: string[] = [];
  let read = 0;
  const value = /([\w ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy;
  for (const [whole, kind, text = ''] of names.matchAll(value)) {
    read += whole.length;
    if (kind === 'URI') uris.push(text.startsWith('"') ? (JSON.parse(text) as string) : text);
  }
  return read === names.length ? uris : undefined;
}
