import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Code, ConnectError } from '@connectrpc/connect';
import { CoreError, type Logger } from '@core/runtime';
import { CONSOLE_LIFE_MS, type ConsoleTokens } from '../../auth/console-tokens.ts';
import type { Admit, AdmittedCall, ObserveCall } from '../../rpc-context/admit.ts';
import type { AdmissionPolicy } from '../../rpc-context/gate.ts';
import { incomingOf, refuseCall } from '../admitted-route.ts';
import { sendResponse } from '../send-response.ts';

export const CONSOLE_TOKEN_PATH = '/core.v1/console-token';

/** The scope and the quota of GetSession, which the page calls next. */
const POLICY: AdmissionPolicy = { scope: 'imports:write', cost: 'reads', kind: 'unary' };

export interface ExchangeTokenOptions {
  admit: Admit;
  tokens: Pick<ConsoleTokens, 'make'>;
  log: Logger;
}

/**
 * Serves POST /core.v1/console-token: returns a console token for the session token of Shopify in
 * `authorization`, and for nothing else. Refusals are JSON: code, message, field.
 *
 * A session token is not used up. Shopify's admin and a reload open the page twice by the same one, and a
 * thief who is first would leave the merchant outside. Its minute limits the repetition.
 */
export function createTokenExchange({ admit, tokens, log }: ExchangeTokenOptions): RequestListener {
  const observeCall: ObserveCall = (requestId) => (_code, failure) => {
    if (failure?.error.code !== Code.Internal) return;
    log.error({ request_id: requestId, err: failure.thrown }, 'could not exchange a session token');
  };
  return (req, res) => {
    if (req.method !== 'POST') return sendResponse(req, res, 405, { allow: 'POST' });
    const work = async () => {
      const call = await admit(incomingOf(req, res), POLICY, observeCall);
      try {
        await answer(tokens, call, req, res).finally(() => call.leave());
        call.finish();
      } catch (thrown) {
        refuseCall(req, res, call.fail(thrown), thrown);
      }
    };
    work().catch((refusal: unknown) => refuseCall(req, res, ConnectError.from(refusal), refusal));
  };
}

async function answer(
  tokens: Pick<ConsoleTokens, 'make'>,
  call: AdmittedCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // The merchant of the token; it names no other.
  const { opens } = await call.race(call.actFor(''));
  if (!opens) {
    throw new CoreError('permission_denied', 'authorization: only a session token of Shopify is exchanged', {
      field: 'authorization',
    });
  }
  // In seconds, as OAuth has it: the clock of a browser may be wrong.
  const body = { token: tokens.make(opens), expires_in: CONSOLE_LIFE_MS / 1_000 };
  sendResponse(req, res, 200, { 'content-type': 'application/json' }, JSON.stringify(body));
}
