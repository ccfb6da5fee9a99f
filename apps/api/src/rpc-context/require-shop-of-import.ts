import type { ImportId } from '@core/contracts';
import { getImport } from '@core/domain';
import { requireShop } from './caller.ts';
import { strongReader } from './consistency.ts';
import type { CallContext, Deps } from './context.ts';

/**
 * A request that names an import names no shop, so the import is read for a caller that is bound to one.
 * @throws CoreError permission_denied, not_found
 */
export async function requireShopOfImport(
  deps: Pick<Deps, 'reads'>,
  ctx: CallContext,
  { importId }: { importId: ImportId },
): Promise<void> {
  if (ctx.boundToShop === undefined) return;
  const { merchantId } = ctx;
  requireShop(ctx, await getImport(strongReader(deps, { merchantId }), { merchantId, importId }));
}
