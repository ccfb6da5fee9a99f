import type { GetCustomerImportRequest } from '@core/contracts';
import { getImport } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

export const getCustomerImportHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetCustomerImportRequest>,
) => ({ customerImport: presentImport(await getImport(strongReader(deps, request), request)) });
