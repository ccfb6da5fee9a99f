import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ConnectError } from '@connectrpc/connect';
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect';
import { CoreError } from '@core/runtime';
import { codeName } from '../errors.ts';
import type { IncomingCall } from '../rpc-context/admit.ts';
import { sendResponse } from './send-response.ts';

// Shared by the routes that admit callers as the rpcs do.

/** Without a deadline, `admit` sets that of its kind; a stream has none. */
export const incomingOf = (req: IncomingMessage, res: ServerResponse): IncomingCall => ({
  header(name) {
    const value = req.headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  },
  deadline: undefined,
  onCancel: (listener) => void res.once('close', listener),
  reply: (name, value) => void res.setHeader(name, value),
});

/** Answers a refusal as JSON: code, message, field. */
export function refuseCall(
  req: IncomingMessage,
  res: ServerResponse,
  error: ConnectError,
  thrown: unknown,
): void {
  const field = thrown instanceof CoreError ? thrown.field : undefined;
  error.metadata.forEach((value, name) => res.setHeader(name, value));
  const body = { code: codeName(error.code), message: error.rawMessage, ...(field && { field }) };
  sendResponse(
    req,
    res,
    codeToHttpStatus(error.code),
    { 'content-type': 'application/json' },
    JSON.stringify(body),
  );
}
