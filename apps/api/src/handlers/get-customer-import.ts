import type { GetCustomerImportRequest } from '@core/contracts';
import { getImport } from '@core/domain';
import { strongReader } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentImport } from '../present/customer-import.ts';

export const getCustomerImportHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: GetCustomerImportRequest,
) => ({ customerImport: presentImport(await getImport(strongReader(deps, request), request)) });
