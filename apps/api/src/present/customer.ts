import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { readShopifyRfmGroup, type CustomerSchema } from '@core/contracts';
import type { CustomerRow } from '@core/db';
import type { DisclosedEmails } from '@core/domain';
import { presentScore } from './rfm-score.ts';

/** @param emails the emails that the caller may see */
export const presentCustomer = (
  row: CustomerRow,
  emails: DisclosedEmails,
): MessageInitShape<typeof CustomerSchema> => ({
  customerId: row.id,
  merchantId: row.merchantId,
  email: emails.get(row.id) ?? undefined,
  emailUnreadable: emails.get(row.id) === null,
  externalId: row.externalId ?? undefined,
  metadata: (row.metadata ?? {}) as JsonObject,
  rfmScore: presentScore(row.rfmScore),
  shopifyRfmGroup: readShopifyRfmGroup(row.metadata?.['rfm_group']),
  version: row.version,
  createdAt: timestampFromDate(row.createdAt),
  updatedAt: timestampFromDate(row.updatedAt),
});
