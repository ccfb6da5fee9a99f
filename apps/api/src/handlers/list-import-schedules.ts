import type { ListImportSchedulesRequest } from '@core/contracts';
import { listImportSchedules } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentSchedule } from '../present/import-schedule.ts';
import type { Checked } from '../validation/apply-rules.ts';

export const listImportSchedulesHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  { merchantId }: Checked<ListImportSchedulesRequest>,
) => ({
  schedules: (await listImportSchedules(strongReader(deps, { merchantId }), { merchantId })).map(
    presentSchedule,
  ),
});
