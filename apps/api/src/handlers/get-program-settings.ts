import type { GetProgramSettingsRequest } from '@core/contracts';
import { getProgramSettings } from '@core/domain';
import { strongReader } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentSettings } from '../present/settings.ts';

export const getProgramSettingsHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: GetProgramSettingsRequest,
) => presentSettings(request.merchantId, await getProgramSettings(strongReader(deps, request), request));
