import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainReason, getImport, readImportErrors, type ImportError } from '@core/domain';
import { csvLines, invalid, type Logger } from '@core/runtime';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Admit, AdmittedCall, ObserveCall } from '../rpc-context/admit.ts';
import { requireShop } from '../rpc-context/caller.ts';
import { strongReader } from '../rpc-context/consistency.ts';
import type { Deps } from '../rpc-context/context.ts';
import type { AdmissionPolicy } from '../rpc-context/gate.ts';
import type { Rule } from '../validation/apply-rules.ts';
import { importId, merchantId } from '../validation/rules.ts';
import { incomingOf, refuseCall } from './admitted-route.ts';
import { sendResponse } from './send-response.ts';

export const IMPORT_ERRORS_CSV = '/core.v1/import-errors.csv';

/** The same as for ListCustomerImportErrors, which returns the same data page by page. */
const POLICY: AdmissionPolicy = { scope: 'imports:write', cost: 'exports', kind: 'stream' };
const HEADINGS = ['external_id', 'reason', 'occurred_at', 'effect', 'merchant_message', 'support_message'];

export interface ImportErrorsCsvOptions {
  deps: Pick<Deps, 'reads'>;
  admit: Admit;
  log: Logger;
}

/**
 * Serves GET /core.v1/import-errors.csv?merchant_id=&import_id=, a file of all errors of an import: customers
 * that could not be stored as received. It is streamed page by page, no faster than the caller reads.
 * Refusals are JSON: code, message, field.
 */
export function createImportErrorsCsv({ deps, admit, log }: ImportErrorsCsvOptions): RequestListener {
  const observeCall: ObserveCall = (requestId) => (_code, failure) => {
    if (failure?.error.code !== Code.Internal) return;
    log.error({ request_id: requestId, err: failure.thrown }, 'could not write the CSV of import errors');
  };
  return (req, res) => {
    if (req.method !== 'GET') return sendResponse(req, res, 405, { allow: 'GET' });
    const work = async () => {
      const call = await admit(incomingOf(req, res), POLICY, observeCall);
      try {
        await answer(deps, call, req, res).finally(() => call.leave());
        call.finish();
      } catch (thrown) {
        // The file is partly sent. It can only be cut off, so that the client does not take it for complete.
        // The same applies when the client has disconnected.
        if (!res.headersSent) return refuseCall(req, res, call.fail(thrown), thrown);
        call.finish(Code.Canceled);
        res.destroy();
      }
    };
    work().catch((refusal: unknown) => refuseCall(req, res, ConnectError.from(refusal), refusal));
  };
}

async function answer(
  deps: ImportErrorsCsvOptions['deps'],
  call: AdmittedCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const params = new URL(req.url ?? '', 'http://localhost').searchParams;
  const ref = {
    merchantId: fieldIn(params, 'merchant_id', merchantId),
    importId: fieldIn(params, 'import_id', importId),
  };
  const ctx = await call.race(call.actFor(ref.merchantId));
  const reader = strongReader(deps, ref);
  requireShop(ctx, await getImport(reader, ref));
  res.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="import-errors-${ref.importId}.csv"`,
    'x-content-type-options': 'nosniff',
  });
  await pipeline(Readable.from(lines(readImportErrors(reader, ref)), { objectMode: false }), res);
}

async function* lines(pages: AsyncIterable<ImportError[]>): AsyncGenerator<Buffer> {
  yield Buffer.from(csvLines([HEADINGS]));
  for await (const errors of pages) {
    const rows = errors.map(({ externalId, reason, occurredAt }) => {
      const { effect, merchant, support } = explainReason(reason);
      return [externalId, reason, occurredAt.toISOString(), effect, merchant, support];
    });
    yield Buffer.from(csvLines(rows));
  }
}

function fieldIn<T>(params: URLSearchParams, field: string, rule: Rule<string, T>): T {
  const values = params.getAll(field);
  if (values.length > 1) throw invalid(field, 'must be given once');
  return rule(values[0] ?? '', { field, message: {} });
}
