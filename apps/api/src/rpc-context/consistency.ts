import { Consistency, type MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import type { Consistency as Freshness } from '@core/reads';
import type { Deps } from './context.ts';

interface ConsistencyFields {
  consistency: Consistency;
  consistencyToken: string;
}

/** Converts the consistency fields of a request to the freshness that its reads need. */
export function consistencyOf(request: ConsistencyFields): Freshness {
  switch (request.consistency) {
    case Consistency.AT_LEAST:
      return { kind: 'at_least', token: request.consistencyToken };
    case Consistency.STRONG:
      return { kind: 'strong' };
    default:
      return { kind: 'minimize_latency' };
  }
}

/** Names the merchant of a request; a reader sees only the rows of this merchant. */
interface MerchantRef {
  merchantId: MerchantId;
}

/** Returns a reader as fresh as the request requires, limited to its merchant. */
export const readerFor = ({ reads }: Pick<Deps, 'reads'>, request: ConsistencyFields & MerchantRef): Reader =>
  reads.reader(consistencyOf(request), { merchantId: request.merchantId });

/**
 * Returns a reader of the primary, for small reads that directly follow a write, such as a new import: a
 * replica may not have it yet.
 */
export const strongReader = ({ reads }: Pick<Deps, 'reads'>, { merchantId }: MerchantRef): Reader =>
  reads.reader({ kind: 'strong' }, { merchantId });
