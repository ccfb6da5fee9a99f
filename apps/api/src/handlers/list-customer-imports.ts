import type { ListCustomerImportsRequest } from '@core/contracts';
import { listImports } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listCustomerImportsHandler(
  deps: Pick<Deps, 'reads' | 'pageTokens'>,
  _ctx: CallContext,
  request: Checked<ListCustomerImportsRequest>,
) {
  const { imports, nextPageToken } = await listImports(strongReader(deps, request), deps, request);
  return { customerImports: imports.map((run) => presentImport(run)), nextPageToken };
}
