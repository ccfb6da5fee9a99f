import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from './logger.ts';

/** Answers a request; the guard handles an exception or a rejected promise. */
export type Listener = (req: IncomingMessage, res: ServerResponse) => unknown;

const ignored = () => undefined;

/**
 * Wraps a listener so that no error escapes. A failed request gets status 500; if the response has started,
 * its connection is cut. Every server needs this: an uncaught exception in a listener ends the process with
 * all of its calls.
 */
export const guarded =
  (listener: Listener, log: Pick<Logger, 'error'> | undefined) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    const fail = (err: unknown) => {
      log?.error({ err }, 'a request failed and is answered with status 500');
      if (res.headersSent) return void res.destroy();
      // The rest of the request is not read, and would be parsed as the next request.
      res.writeHead(500, { 'content-type': 'application/json', connection: 'close' });
      res.end(JSON.stringify({ code: 'internal', message: 'internal error' }));
    };
    // A disconnecting peer also emits "close"; without a listener its "error" event would be uncaught.
    req.on('error', ignored);
    res.on('error', ignored);
    try {
      const answer = listener(req, res);
      if (answer instanceof Promise) answer.catch(fail);
    } catch (err) {
      fail(err);
    }
  };

/**
 * Like guarded, for listeners of any event whose first argument can be destroyed: a connection, a session, a
 * stream.
 */
export const guardedEvent =
  <A extends unknown[]>(listener: (...args: A) => unknown, log: Pick<Logger, 'error'> | undefined) =>
  (...args: A): void => {
    const fail = (err: unknown) => {
      log?.error({ err }, 'a connection was cut');
      (args[0] as { destroy?: () => void } | undefined)?.destroy?.();
    };
    try {
      const answer = listener(...args);
      if (answer instanceof Promise) answer.catch(fail);
    } catch (err) {
      fail(err);
    }
  };
