import { ImportMode, ImportSource, type StartCustomerImportRequest } from '@core/contracts';
import { startImport, type StartImport } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

const SOURCE: Readonly<Record<number, StartImport['source']>> = {
  [ImportSource.UNSPECIFIED]: 'auto',
  [ImportSource.BULK]: 'bulk',
  [ImportSource.GRAPHQL]: 'graphql',
  [ImportSource.REST]: 'rest',
};

export async function startCustomerImportHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, shop, source, mode }: Checked<StartCustomerImportRequest>,
) {
  const { result } = await write(deps, ctx, (tx, commandCtx) =>
    startImport(tx, commandCtx, {
      merchantId,
      shop,
      source: SOURCE[source],
      mode: mode === ImportMode.DELTA ? 'delta' : 'full',
    }),
  );
  return result;
}
