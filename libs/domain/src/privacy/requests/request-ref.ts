import { and, eq, type SQL } from 'drizzle-orm';
import { privacyRequests, type Placeholders } from '@core/db';

/** Parameters of statements about one request. */
export const REQUEST_REF = { merchantId: privacyRequests.merchantId, requestId: privacyRequests.requestId };

export const isRequest = (p: Placeholders<typeof REQUEST_REF>): SQL | undefined =>
  and(eq(privacyRequests.merchantId, p.merchantId), eq(privacyRequests.requestId, p.requestId));
