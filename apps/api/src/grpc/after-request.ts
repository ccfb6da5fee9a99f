import { constants, type ServerHttp2Stream } from 'node:http2';
import type { TimeLimit } from '../request/time-limit.ts';

/**
 * Answers a refused call once its request has arrived or at the time limit. The request is discarded. Without
 * a limit it answers after this turn of the event loop; an ordinary client's request arrives in that turn,
 * with its headers.
 *
 * Clients reset a stream that is answered while they still write. Node treats more than 33 resets a second as
 * an attack and closes the connection: a caller over its quota would lose its other calls.
 * @returns a function that ends the wait, for a peer that sends too much: its stream may be reset only after
 * it has its answer
 */
export function afterRequest(
  stream: ServerHttp2Stream,
  limit: TimeLimit | undefined,
  answer: () => void,
): () => void {
  let waiting = true;
  const end = () => {
    if (!waiting) return;
    waiting = false;
    stop();
    stream.off('end', end).off('close', end);
    answer();
  };
  const stop = limit ? startLimit(limit, end) : startTurn(end);
  if (stream.destroyed || stream.readableEnded) end();
  else stream.once('end', end).once('close', end).resume();
  return end;
}

const startLimit = (limit: TimeLimit, end: () => void) => {
  const waiting = limit.add(end);
  return () => limit.remove(waiting);
};
const startTurn = (end: () => void) => {
  const turn = setImmediate(end);
  return () => clearImmediate(turn);
};

/**
 * Resets the stream without an error, as gRPC specifies, unless its request turns out to be complete. A peer
 * that is answered early may keep sending forever, and each part costs CPU.
 */
export const resetIncomplete = (stream: ServerHttp2Stream): void =>
  void setImmediate(() => stream.readableEnded || stream.close(constants.NGHTTP2_NO_ERROR));
