import { Consistency, type MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import type { Consistency as Freshness } from '@core/reads';
import type { Deps } from './context.ts';

interface Asked {
  consistency: Consistency;
  consistencyToken: string;
}

/** How fresh a request wants its answer. */
export function consistencyOf(request: Asked): Freshness {
  switch (request.consistency) {
    case Consistency.AT_LEAST:
      return { kind: 'at_least', token: request.consistencyToken };
    case Consistency.STRONG:
      return { kind: 'strong' };
    default:
      return { kind: 'minimize_latency' };
  }
}

/** Whose rows a reader may see; a request says so. */
interface OfMerchant {
  merchantId: MerchantId;
}

/** A reader as fresh as the request asks, of its merchant alone. */
export const readerFor = ({ reads }: Pick<Deps, 'reads'>, request: Asked & OfMerchant): Reader =>
  reads.reader(consistencyOf(request), { merchantId: request.merchantId });

/** For small reads that follow a write at once, such as an import just started: a replica may not have it. */
export const strongReader = ({ reads }: Pick<Deps, 'reads'>, { merchantId }: OfMerchant): Reader =>
  reads.reader({ kind: 'strong' }, { merchantId });
