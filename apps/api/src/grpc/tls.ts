import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import type { ApiEnv } from '../config.ts';

type TlsEnv = Pick<ApiEnv, 'CORE_GRPC_TLS_CERT' | 'CORE_GRPC_TLS_KEY' | 'CORE_GRPC_TLS_CLIENT_CA'>;

/**
 * Returns the credentials of the gRPC port. With an authority for clients, the handshake refuses a connection
 * without a certificate that the authority signed. Files are read once: after renewing them, send SIGHUP to
 * replace the processes.
 * @throws Error naming the variable to fix
 */
export function grpcCredentials(env: TlsEnv): grpc.ServerCredentials {
  const { CORE_GRPC_TLS_CERT, CORE_GRPC_TLS_KEY, CORE_GRPC_TLS_CLIENT_CA } = env;
  if (!CORE_GRPC_TLS_CERT && !CORE_GRPC_TLS_KEY && !CORE_GRPC_TLS_CLIENT_CA) {
    return grpc.ServerCredentials.createInsecure();
  }
  if (!CORE_GRPC_TLS_CERT || !CORE_GRPC_TLS_KEY) {
    throw new Error('TLS on the gRPC port needs both CORE_GRPC_TLS_CERT and CORE_GRPC_TLS_KEY');
  }
  const cert = read('CORE_GRPC_TLS_CERT', CORE_GRPC_TLS_CERT);
  const key = read('CORE_GRPC_TLS_KEY', CORE_GRPC_TLS_KEY);
  const ca = CORE_GRPC_TLS_CLIENT_CA ? read('CORE_GRPC_TLS_CLIENT_CA', CORE_GRPC_TLS_CLIENT_CA) : null;
  check('CORE_GRPC_TLS_CERT, CORE_GRPC_TLS_KEY', { cert, key });
  if (ca) check('CORE_GRPC_TLS_CLIENT_CA', { ca });
  return grpc.ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], ca !== null);
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`${variable}: the file cannot be read`, { cause });
  }
}

/** Rejects unusable PEM here, because grpc-js would listen and drop every connection. */
function check(variables: string, pem: { cert?: Buffer; key?: Buffer; ca?: Buffer }): void {
  try {
    createSecureContext(pem);
  } catch (cause) {
    throw new Error(`${variables}: must be PEM; a key must belong to its certificate`, { cause });
  }
}
