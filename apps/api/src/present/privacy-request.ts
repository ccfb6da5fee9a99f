import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PrivacyRequestKind, type PrivacyRequestSchema } from '@core/contracts';
import type { PrivacyRequest } from '@core/domain';

export const PRIVACY_KIND: Readonly<Record<PrivacyRequest['kind'], PrivacyRequestKind>> = {
  redact: PrivacyRequestKind.REDACT,
  data_request: PrivacyRequestKind.DATA_REQUEST,
  shop_redact: PrivacyRequestKind.SHOP_REDACT,
};

export const presentPrivacyRequest = ({
  requestId,
  kind,
  customerId,
  receivedAt,
  dueAt,
  completedAt,
}: PrivacyRequest): MessageInitShape<typeof PrivacyRequestSchema> => ({
  requestId,
  kind: PRIVACY_KIND[kind],
  customerId: customerId ?? undefined,
  receivedAt: timestampFromDate(receivedAt),
  dueAt: timestampFromDate(dueAt),
  completedAt: completedAt ? timestampFromDate(completedAt) : undefined,
});
