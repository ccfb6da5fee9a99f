import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteBudget } from '../request/byte-budget.ts';
import { collectBytes } from '../request/collect.ts';

export interface Body {
  bytes: Buffer;
  /** Returns the bytes to the budget once they are no longer needed. */
  release(): void;
}

/** The reasons why a body is not read to its end. */
export type ReadFailure = 'too_large' | 'too_many' | 'no_room' | 'cut_short';

/**
 * Reads the bytes of a request unchanged, or returns why it stopped reading. Rejected: an async iterator,
 * which is not notified of the end of the connection once the request was answered. It would hold its bytes
 * forever.
 * @param res sends 100 Continue if the client waits for it
 * @param most bytes of this request; the budget is shared by all requests
 * @returns cut_short when the peer has disconnected or the request was already answered
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  most: number,
  budget: ByteBudget,
): Promise<Body | ReadFailure> {
  if (Number(req.headers['content-length'] ?? 0) > most) return Promise.resolve('too_large');
  if (req.socket.destroyed || res.headersSent) return Promise.resolve('cut_short');
  // Not sent when the request arrives: a refused client that waits for this does not send its body.
  if (req.headers.expect !== undefined && req.httpVersion !== '1.0') res.writeContinue();
  const collected = collectBytes(most, budget);
  return new Promise((resolve) => {
    const stop = () => {
      req.off('data', take).off('end', finish);
      req.socket.off('close', onDisconnect);
    };
    const refuse = (failure: ReadFailure) => {
      stop();
      // The function that answers decides how to treat the rest of the body.
      req.pause();
      collected.release();
      resolve(failure);
    };
    const take = (part: Buffer) => {
      const failure = collected.append(part);
      if (failure) refuse(failure);
    };
    const finish = () => {
      stop();
      resolve({ bytes: collected.bytes(), release: () => collected.release() });
    };
    const onDisconnect = () => refuse('cut_short');
    req.on('data', take).on('end', finish);
    req.socket.on('close', onDisconnect);
  });
}
