import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainReason, getImport, readImportErrors, type ImportError } from '@core/domain';
import { CoreError, invalid, type Logger } from '@core/runtime';
import { Code } from '@connectrpc/connect';
import type { IsMerchant } from '../auth/merchants.ts';
import { requireMerchant } from '../call/caller.ts';
import { strongReader } from '../call/consistency.ts';
import type { Deps } from '../call/context.ts';
import type { Asked, Gate, Visit } from '../call/gate.ts';
import { REQUEST_ID, requestIdOf } from '../call/request-id.ts';
import { codeName, toRpcError } from '../errors.ts';
import { uuid } from '../validation/rules.ts';
import { csvLine } from './csv.ts';
import { endAnswer } from './end-answer.ts';

export const IMPORT_ERRORS_CSV = '/core.v1/import-errors.csv';

/** As of ListCustomerImportErrors, which tells the same page by page. */
const ASKED: Asked = { scope: 'imports:write', cost: 'exports', kind: 'stream' };
const HEADINGS = csvLine([
  'external_id',
  'reason',
  'occurred_at',
  'effect',
  'merchant_message',
  'support_message',
]);

export interface ImportErrorsCsvOptions {
  deps: Pick<Deps, 'reads'>;
  gate: Gate;
  isMerchant: IsMerchant;
  log: Logger;
}

/**
 * GET /core.v1/import-errors.csv?merchant_id=&import_id=: what could not be imported as it came, as a file. Streamed
 * page by page, no faster than the caller reads. Refusals are JSON: code, message, field.
 */
export function createImportErrorsCsv(options: ImportErrorsCsvOptions): RequestListener {
  const { gate, log } = options;
  return (req, res) => {
    const requestId = requestIdOf(header(req, REQUEST_ID));
    res.setHeader(REQUEST_ID, requestId);
    const work = async () => {
      if (req.method !== 'GET') return endAnswer(req, res, 405, { allow: 'GET' });
      const visit = await gate.enter({ header: (name) => header(req, name) }, ASKED);
      try {
        await answer(options, visit, req, res);
      } finally {
        visit.leave();
      }
    };
    work().catch((thrown: unknown) => {
      // The file has begun: all that is left is to cut it, so that it is not taken for whole. Also when its reader left.
      if (res.headersSent) return void res.destroy();
      const error = toRpcError(thrown, requestId);
      if (error.code === Code.Internal) log.error({ request_id: requestId, err: thrown }, 'no CSV of errors');
      const field = thrown instanceof CoreError ? thrown.field : undefined;
      error.metadata.forEach((value, name) => res.setHeader(name, value));
      const body = { code: codeName(error.code), message: error.rawMessage, ...(field && { field }) };
      const type = { 'content-type': 'application/json' };
      endAnswer(req, res, STATUS[error.code] ?? 500, type, JSON.stringify(body));
    });
  };
}

async function answer(
  { deps, isMerchant }: ImportErrorsCsvOptions,
  visit: Visit,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const asked = new URL(req.url ?? '', 'http://localhost').searchParams;
  const ref = { merchantId: uuidIn(asked, 'merchant_id'), importId: uuidIn(asked, 'import_id') };
  requireMerchant(visit.caller, ref.merchantId);
  visit.of(ref.merchantId);
  if (!(await isMerchant(ref.merchantId))) {
    throw new CoreError('permission_denied', 'merchant_id: not a valid merchant', { field: 'merchant_id' });
  }
  const reader = strongReader(deps, ref);
  await getImport(reader, ref);
  res.writeHead(200, {
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="import-errors-${ref.importId}.csv"`,
    'x-content-type-options': 'nosniff',
  });
  await pipeline(Readable.from(lines(readImportErrors(reader, ref)), { objectMode: false }), res);
}

async function* lines(pages: AsyncIterable<ImportError[]>): AsyncGenerator<Buffer> {
  yield Buffer.from(HEADINGS);
  for await (const errors of pages) {
    const rows = errors.map(({ externalId, reason, occurredAt }) => {
      const { effect, merchant, support } = explainReason(reason);
      return csvLine([externalId, reason, occurredAt.toISOString(), effect, merchant, support]);
    });
    yield Buffer.from(rows.join(''));
  }
}

function uuidIn(asked: URLSearchParams, field: string): string {
  const values = asked.getAll(field);
  if (values.length > 1) throw invalid(field, 'must be given once');
  return uuid(values[0] ?? '', { field, message: {} });
}

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
};

/** As the Connect protocol numbers them. */
const STATUS: Partial<Record<Code, number>> = {
  [Code.InvalidArgument]: 400,
  [Code.FailedPrecondition]: 400,
  [Code.Unauthenticated]: 401,
  [Code.PermissionDenied]: 403,
  [Code.NotFound]: 404,
  [Code.ResourceExhausted]: 429,
  [Code.Unavailable]: 503,
};
