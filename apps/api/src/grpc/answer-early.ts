import { constants, type ServerHttp2Stream } from 'node:http2';
import type { TimeLimit } from '../request/time-limit.ts';

/**
 * Answers a refused call once its request has arrived, which is discarded, or at the time limit. Without a
 * limit it answers after this turn of the event loop, in which the request of an ordinary client arrives with
 * its headers. Clients reset a stream that is answered while they still write, and Node treats more than 33
 * resets a second as an attack and closes the connection: a caller over its quota would lose its other calls.
 * @returns ends the wait, for a peer that sends too much: its stream may be reset only once it has its answer
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
 * A peer that is answered early may keep sending for ever, and each part costs CPU: the stream is reset
 * without an error, as gRPC specifies, unless its request turns out to be complete.
 */
export const cut = (stream: ServerHttp2Stream): void =>
  void setImmediate(() => stream.readableEnded || stream.close(constants.NGHTTP2_NO_ERROR));
