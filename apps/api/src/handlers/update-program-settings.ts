import type { RfmThresholds, UpdateProgramSettingsRequest } from '@core/contracts';
import { updateProgramSettings } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentSettings } from '../present/settings.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function updateProgramSettingsHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, rfmThresholds, etag }: Checked<UpdateProgramSettingsRequest>,
) {
  const { result, consistencyToken } = await write(deps, ctx, (tx, commandCtx) =>
    // The rule of this field refuses a request without thresholds.
    updateProgramSettings(tx, commandCtx, { merchantId, thresholds: rfmThresholds as RfmThresholds, etag }),
  );
  return { ...presentSettings(merchantId, result), consistencyToken };
}
