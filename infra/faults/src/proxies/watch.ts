import type * as grpc from '@grpc/grpc-js';
import { ImportService } from '@core/contracts';
import { pause } from '@core/runtime';
import type { GrpcClient } from '@core/testing';
import type { Servers } from './servers.ts';

export interface Watch {
  /** Snapshots of the present stream. */
  seen: number;
  /** How often a server that stopped ended it, as it should. */
  stopped: number;
  /** Every other end of a stream, with the snapshots until then. */
  readonly ends: string[];
  /** The stream lives on until the proxy ends, and is not opened again. */
  close(): void;
}

/** The message of a server that stops (watch-customer-import.ts). */
const STOPPED = 'the server stops; watch again';
const AGAIN_AFTER_MS = 50;

/** Watches an import, and starts again whenever the stream ends. */
export function watch(client: GrpcClient, watched: Servers['watched']): Watch {
  let closed = false;
  const ends: string[] = [];
  const again = async () => {
    while (!closed) {
      result.seen = 0;
      try {
        const snapshots = client.stream(ImportService.method.watchCustomerImport, watched);
        for await (const { customerImport } of snapshots) if (customerImport) result.seen++;
        ends.push(`a watch ended without an error after ${result.seen} snapshots`);
      } catch (error) {
        const { details } = error as grpc.ServiceError;
        if (closed) return;
        if (details === STOPPED) result.stopped++;
        else ends.push(`a watch ended after ${result.seen} snapshots: ${details}`);
      }
      await pause(AGAIN_AFTER_MS);
    }
  };
  const result: Watch = {
    seen: 0,
    stopped: 0,
    ends,
    close() {
      closed = true;
      client.close();
    },
  };
  void again();
  return result;
}
