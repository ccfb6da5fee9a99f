import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { grpcClient, makeCertificate, type Certificate, type GrpcClient } from '@core/testing';
import { grpcCredentials } from '../src/grpc/tls.ts';

/** The protocols on a gRPC port: plaintext and TLS. */
export const TRANSPORTS = ['plaintext', 'TLS'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface GrpcTransports {
  certificate(): Certificate;
  /** Returns the credentials of the port. */
  credentials(transport: Transport): grpc.ServerCredentials;
  /** Opens a TCP connection, under TLS with its handshake; also resolves if the server closes it instead. */
  openSocket(transport: Transport, port: number): Promise<Socket | TLSSocket>;
  session(transport: Transport, port: number): ClientHttp2Session;
  client(transport: Transport, port: number): GrpcClient;
}

/** Creates a certificate for the specs of a file. */
export function openTransports(): GrpcTransports {
  let dir: string;
  let certificate: Certificate;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'core-transports-'));
    certificate = await makeCertificate(dir, 'server', { names: ['DNS:localhost'] });
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const trusted = () => ({ ca: readFileSync(certificate.certificate), servername: 'localhost' });
  return {
    certificate: () => certificate,
    credentials: (transport) =>
      grpcCredentials({
        CORE_GRPC_TLS_CERT: transport === 'TLS' ? certificate.certificate : undefined,
        CORE_GRPC_TLS_KEY: transport === 'TLS' ? certificate.key : undefined,
        CORE_GRPC_TLS_CLIENT_CA: undefined,
      }),
    async openSocket(transport, port) {
      const to = { port, host: '127.0.0.1' };
      const socket =
        transport === 'TLS' ? connectTls({ ...to, ...trusted(), ALPNProtocols: ['h2'] }) : connect(to);
      socket.on('error', () => undefined);
      const readyEvent = transport === 'TLS' ? 'secureConnect' : 'connect';
      await Promise.race([once(socket, readyEvent), once(socket, 'close')]);
      return socket;
    },
    session: (transport, port) =>
      transport === 'TLS'
        ? connectHttp2(`https://127.0.0.1:${port}`, trusted())
        : connectHttp2(`http://127.0.0.1:${port}`),
    client: (transport, port) =>
      transport === 'TLS'
        ? // By name: Node refuses an IP address as the server name of TLS.
          grpcClient(`localhost:${port}`, { credentials: grpc.credentials.createSsl(trusted().ca) })
        : grpcClient(`127.0.0.1:${port}`),
  };
}
