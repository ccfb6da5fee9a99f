import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ConnectShopRequest } from '@core/contracts';
import { connectGrantedShop } from '../install/connect-granted-shop.ts';
import { withConnectLease } from '../install/with-connect-lease.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export function connectShopHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'proveShop' | 'distribution' | 'reportConnect'>,
  ctx: CallContext,
  { expiresAt, ...connection }: Checked<ConnectShopRequest>,
) {
  const by = { way: 'call' } as const;
  const granted = { ...connection, by, expiresAt: expiresAt && timestampDate(expiresAt) };
  return deps.reportConnect({ ...by, shop: connection.shop, requestId: ctx.requestId }, () =>
    withConnectLease(deps.pool, connection, ctx.signal, (held) =>
      connectGrantedShop(deps, held, granted, async (work) => (await write(deps, ctx, work)).result),
    ),
  );
}
