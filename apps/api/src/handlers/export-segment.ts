import type { ExportSegmentRequest } from '@core/contracts';
import { readSegment, segmentCsv, segmentCsvHead } from '@core/domain';
import { CoreError } from '@core/runtime';
import { requireScope } from '../rpc-context/caller.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { emailsFor } from '../rpc-context/emails.ts';
import type { Checked } from '../validation/apply-rules.ts';

/**
 * Yields the file page by page, no faster than the caller reads: the server requests the next part when it
 * has sent the one before. Emails of a page are recorded as disclosed before the page is sent.
 */
export async function* exportSegmentHandler(
  deps: Pick<Deps, 'pool' | 'reads' | 'keys' | 'reportUnreadableEmails' | 'takeExportTurn' | 'stopping'>,
  ctx: CallContext,
  { merchantId, segment, includeEmails }: Checked<ExportSegmentRequest>,
) {
  if (includeEmails) requireScope(ctx, 'customers:pii');
  const pages = readSegment(deps.reads.reader({ kind: 'minimize_latency' }, { merchantId }), {
    merchantId,
    segment,
  });
  const nextPart = async () => {
    ctx.signal.throwIfAborted();
    if (deps.stopping.aborted)
      throw new CoreError('unavailable', 'the server is shutting down; export again');
    const { value: rows } = await pages.next();
    if (!rows) return null;
    return segmentCsv(rows, { emails: includeEmails ? await emailsFor(deps, ctx, rows) : null });
  };

  yield { csv: segmentCsvHead({ emails: includeEmails }) };
  for (;;) {
    const csv = await deps.takeExportTurn(nextPart);
    if (csv === null) return;
    yield { csv };
  }
}
