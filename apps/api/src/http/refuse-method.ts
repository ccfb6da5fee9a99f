import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { refuse } from './refusal.ts';

/**
 * Answers 405 to an HTTP method that the rpc does not support. GET is for unary rpcs without side effects.
 * HEAD is refused: it would execute the whole call and record emails as disclosed although no caller receives
 * them.
 * @returns whether it has answered
 */
export function refuseMethod(req: IncomingMessage, res: ServerResponse, rpc: DescMethod): boolean {
  const methods = isSafe(rpc) ? ['GET', 'POST'] : ['POST'];
  if (methods.includes(req.method ?? '')) return false;
  const message = `the method must be ${methods.join(' or ')}`;
  refuse(req, res, { status: 405, code: 'unimplemented', message }, { allow: methods.join(', ') });
  return true;
}

const isSafe = ({ methodKind, idempotency }: DescMethod): boolean =>
  methodKind === 'unary' && idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
