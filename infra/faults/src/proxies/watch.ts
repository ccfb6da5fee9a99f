import type * as grpc from '@grpc/grpc-js';
import { ImportService } from '@core/contracts';
import { pause } from '@core/runtime';
import type { GrpcClient } from '@core/testing';
import type { Servers } from './servers.ts';

export interface Watch {
  /** The number of snapshots of the current stream. */
  seen: number;
  /** The number of streams that a stopping server has closed, as it should. */
  stopped: number;
  /** Every other end of a stream, with the number of snapshots until then. */
  readonly ends: string[];
  /** Stops watching: the stream stays open until the proxy stops, and is not opened again. */
  close(): void;
}

/** The message of a stopping server (watch-customer-import.ts). */
const STOPPED = 'the server is shutting down; watch again';
const REOPEN_AFTER_MS = 50;

/** Watches an import, and opens the stream again whenever it ends. */
export function watch(client: GrpcClient, watched: Servers['watched']): Watch {
  let closed = false;
  const ends: string[] = [];
  const watchRepeatedly = async () => {
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
      await pause(REOPEN_AFTER_MS);
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
  void watchRepeatedly();
  return result;
}
