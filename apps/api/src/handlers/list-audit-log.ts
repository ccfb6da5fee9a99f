import type { JsonObject } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ListAuditLogRequest } from '@core/contracts';
import { listAuditLog } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { writeInstant } from '../present/instant.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listAuditLogHandler(
  deps: Pick<Deps, 'reads' | 'pageTokens'>,
  _ctx: CallContext,
  { actor, action, occurredFrom, occurredBefore, ...request }: Checked<ListAuditLogRequest>,
) {
  const { entries, nextPageToken } = await listAuditLog(strongReader(deps, request), deps, {
    ...request,
    actor: actor || undefined,
    action: action || undefined,
    occurredFrom: occurredFrom && writeInstant(occurredFrom),
    occurredBefore: occurredBefore && writeInstant(occurredBefore),
  });
  return {
    entries: entries.map(({ customerId, detail, occurredAt, ...entry }) => ({
      ...entry,
      customerId: customerId ?? undefined,
      detail: detail as JsonObject,
      occurredAt: timestampFromDate(occurredAt),
    })),
    nextPageToken,
  };
}
