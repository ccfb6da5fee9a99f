import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Paths of PEM files. */
export interface Certificate {
  key: string;
  certificate: string;
}

export interface CertificateOptions {
  /** The common name; 127.0.0.1 by default. */
  cn?: string;
  /** The names of subjectAltName, as openssl writes them: IP:127.0.0.1, URI:spiffe://example.com/points. */
  names?: readonly string[];
  /** The issuer; self-signed by default. */
  by?: Certificate;
}

/** Creates <dir>/<name>.key.pem and <dir>/<name>.pem with the openssl command, valid for 30 days. */
export async function makeCertificate(
  dir: string,
  name: string,
  { cn = '127.0.0.1', names = [], by }: CertificateOptions = {},
): Promise<Certificate> {
  const made = { key: join(dir, `${name}.key.pem`), certificate: join(dir, `${name}.pem`) };
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', `/CN=${cn}`],
    ...(names.length > 0 ? ['-addext', `subjectAltName=${names.join()}`] : []),
    ...(by ? ['-CA', by.certificate, '-CAkey', by.key, '-addext', 'basicConstraints=critical,CA:false'] : []),
    ...['-keyout', made.key, '-out', made.certificate],
  ]);
  return made;
}
