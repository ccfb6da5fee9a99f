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
export const DOORS = ['in the clear', 'under TLS'] as const;
export type Door = (typeof DOORS)[number];

export interface GrpcDoors {
  certificate(): Certificate;
  /** Returns the credentials of the port. */
  credentials(door: Door): grpc.ServerCredentials;
  /** Opens a TCP connection, under TLS with its handshake; also resolves if the server closes it instead. */
  dial(door: Door, port: number): Promise<Socket | TLSSocket>;
  session(door: Door, port: number): ClientHttp2Session;
  client(door: Door, port: number): GrpcClient;
}

/** Creates a certificate for the specs of a file. */
export function openDoors(): GrpcDoors {
  let dir: string;
  let made: Certificate;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'core-doors-'));
    made = await makeCertificate(dir, 'server', { names: ['DNS:localhost'] });
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const trusted = () => ({ ca: readFileSync(made.certificate), servername: 'localhost' });
  return {
    certificate: () => made,
    credentials: (door) =>
      grpcCredentials({
        CORE_GRPC_TLS_CERT: door === 'under TLS' ? made.certificate : undefined,
        CORE_GRPC_TLS_KEY: door === 'under TLS' ? made.key : undefined,
        CORE_GRPC_TLS_CLIENT_CA: undefined,
      }),
    async dial(door, port) {
      const to = { port, host: '127.0.0.1' };
      const socket =
        door === 'under TLS' ? connectTls({ ...to, ...trusted(), ALPNProtocols: ['h2'] }) : connect(to);
      socket.on('error', () => undefined);
      const ready = door === 'under TLS' ? 'secureConnect' : 'connect';
      await Promise.race([once(socket, ready), once(socket, 'close')]);
      return socket;
    },
    session: (door, port) =>
      door === 'under TLS'
        ? connectHttp2(`https://127.0.0.1:${port}`, trusted())
        : connectHttp2(`http://127.0.0.1:${port}`),
    client: (door, port) =>
      door === 'under TLS'
        ? // By name: Node refuses an IP address as the server name of TLS.
          grpcClient(`localhost:${port}`, { credentials: grpc.credentials.createSsl(trusted().ca) })
        : grpcClient(`127.0.0.1:${port}`),
  };
}
