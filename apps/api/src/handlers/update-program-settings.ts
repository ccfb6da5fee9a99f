import type { RfmThresholds, UpdateProgramSettingsRequest } from '@core/contracts';
import { updateProgramSettings } from '@core/domain';
import type { CallContext, Deps } from '../call/context.ts';
import { write } from '../call/write.ts';
import { presentSettings } from '../present/settings.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function updateProgramSettingsHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, rfmThresholds, etag }: Checked<UpdateProgramSettingsRequest>,
) {
  const { result, consistencyToken } = await write(deps, ctx, (tx, commandCtx) =>
    // Its rule lets no request without thresholds in.
    updateProgramSettings(tx, commandCtx, { merchantId, thresholds: rfmThresholds as RfmThresholds, etag }),
  );
  return { ...presentSettings(merchantId, result), consistencyToken };
}
