import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { GetAuditSealRequest } from '@core/contracts';
import { readSeal } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getAuditSealHandler(
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetAuditSealRequest>,
) {
  const { seal, unsealed } = await readSeal(strongReader(deps, request), request);
  return {
    seal: seal
      ? {
          number: BigInt(seal.seq),
          hash: seal.hash.toString('hex'),
          sealedAt: timestampFromDate(seal.sealedAt),
          holds: seal.holds,
        }
      : undefined,
    unsealedEntries: unsealed,
  };
}
