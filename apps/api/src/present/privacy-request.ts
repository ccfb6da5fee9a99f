import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PrivacyRequestKind, PrivacyRequestStatus, type PrivacyRequestSchema } from '@core/contracts';
import type { PrivacyRequest } from '@core/domain';

export const PRIVACY_KIND: Readonly<Record<PrivacyRequest['kind'], PrivacyRequestKind>> = {
  redact: PrivacyRequestKind.REDACT,
  data_request: PrivacyRequestKind.DATA_REQUEST,
  shop_redact: PrivacyRequestKind.SHOP_REDACT,
  unknown: PrivacyRequestKind.UNSPECIFIED,
};

const NAMES = new Map(
  Object.entries(PRIVACY_KIND).map(([name, kind]) => [kind, name as PrivacyRequest['kind']]),
);
export const kindOf = (kind: PrivacyRequestKind): PrivacyRequest['kind'] => NAMES.get(kind) ?? 'unknown';

function statusOf({ completedAt, cancelledAt, held }: PrivacyRequest): PrivacyRequestStatus {
  if (completedAt) return PrivacyRequestStatus.COMPLETED;
  if (cancelledAt) return PrivacyRequestStatus.CANCELLED;
  return held ? PrivacyRequestStatus.HELD : PrivacyRequestStatus.PENDING;
}

const timeOf = (date: Date | null) => (date ? timestampFromDate(date) : undefined);

export const presentPrivacyRequest = (
  request: PrivacyRequest,
): MessageInitShape<typeof PrivacyRequestSchema> => ({
  requestId: request.requestId,
  kind: PRIVACY_KIND[request.kind],
  customerId: request.customerId ?? undefined,
  receivedAt: timeOf(request.receivedAt),
  dueAt: timeOf(request.dueAt),
  completedAt: timeOf(request.completedAt),
  status: statusOf(request),
  notBefore: timeOf(request.notBefore),
  cancelledAt: timeOf(request.cancelledAt),
  cancelReason: request.cancelReason ?? '',
  problem: request.problem ?? '',
  shop: request.shop ?? '',
});
