import type { PreviewProgramSettingsRequest, RfmThresholds } from '@core/contracts';
import { previewProgramSettings } from '@core/domain';
import { requireScope } from '../rpc-context/caller.ts';
import { readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentPreview } from '../present/settings-preview.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function previewProgramSettingsHandler(
  deps: Pick<Deps, 'reads'>,
  ctx: CallContext,
  request: Checked<PreviewProgramSettingsRequest>,
) {
  // The reply counts scores. Without this check, settings:write would show a distribution by one cell a call.
  requireScope(ctx, 'rfm:read');
  const { merchantId, rfmThresholds } = request;
  return presentPreview(
    await previewProgramSettings(readerFor(deps, request), {
      merchantId,
      // The rule of this field refuses a request without thresholds.
      thresholds: rfmThresholds as RfmThresholds,
    }),
  );
}
