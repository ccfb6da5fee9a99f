import type { GetProgramSettingsRequest } from '@core/contracts';
import { getProgramSettings } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentSettings } from '../present/settings.ts';
import type { Checked } from '../validation/apply-rules.ts';

export const getProgramSettingsHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetProgramSettingsRequest>,
) => presentSettings(request.merchantId, await getProgramSettings(strongReader(deps, request), request));
