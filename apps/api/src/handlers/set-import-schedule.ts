import { ImportMode, type SetImportScheduleRequest } from '@core/contracts';
import { setImportSchedule } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentSchedule } from '../present/import-schedule.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function setImportScheduleHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, shop, cron, timeZone, mode, enabled = true }: Checked<SetImportScheduleRequest>,
) {
  const input = {
    merchantId,
    shop,
    cron,
    timeZone,
    // The opposite of the default for a single import: a nightly run need not read the whole shop.
    mode: mode === ImportMode.FULL ? ('full' as const) : ('delta' as const),
    enabled,
  };
  const { result } = await write(deps, ctx, (tx, commandCtx) => setImportSchedule(tx, commandCtx, input));
  return { schedule: presentSchedule(result) };
}
