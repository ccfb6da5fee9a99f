import type { PeerCertificate } from 'node:tls';
import { CoreError } from '@core/runtime';
import { SCOPES, type Caller, type Scope } from '../call/context.ts';

/**
 * Reads CORE_GRPC_TLS_CLIENTS: `name=scope scope;name=scope`. A name is a URI of the certificate's subjectAltName,
 * or its CN where it has no URI.
 * @throws Error with the expectation alone
 */
export function parseClients(raw: string): readonly Caller[] {
  const clients = raw
    .split(';')
    .filter((part) => part.trim() !== '')
    .map((part): Caller => {
      // A URI may hold an equals sign, scopes hold none.
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

/** Finds who is named by a certificate. That it is genuine was found out when its connection was made. */
export function createCertificateCheck(clients: readonly Caller[]): CertificateCheck {
  const byName = new Map(clients.map((client) => [client.caller, client]));
  const known = new WeakMap<PeerCertificate, Caller>();
  return (certificate) => {
    const found =
      known.get(certificate) ??
      namesOf(certificate)
        .map((name) => byName.get(name))
        .find(Boolean);
    if (!found) throw new CoreError('unauthenticated', 'the certificate is of no client that is known here');
    known.set(certificate, found);
    return found;
  };
}

/** The CN counts only where there is no URI: an authority that vouches for URIs may sign any CN. */
function namesOf({ subject, subjectaltname }: PeerCertificate): string[] {
  const uris = urisOf(subjectaltname ?? '');
  if (!uris || uris.length > 0) return uris ?? [];
  const { CN } = subject as { CN?: string | string[] };
  return typeof CN === 'string' ? [CN] : [];
}

/**
 * The URIs of `URI:spiffe://example.com/a, DNS:b`. Node quotes a value that has a comma as JSON; because
 * values are read one by one from the beginning, one cannot pass for two.
 * @returns undefined for names that cannot be read to the end
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
