import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ConnectShopRequest } from '@core/contracts';
import { connectGrantedShop } from '../install/connect-granted-shop.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export const connectShopHandler = (
  deps: Pick<Deps, 'pool' | 'keys' | 'proveShop' | 'distribution'>,
  ctx: CallContext,
  { expiresAt, ...connection }: Checked<ConnectShopRequest>,
) =>
  connectGrantedShop(
    deps,
    { ...connection, expiresAt: expiresAt && timestampDate(expiresAt) },
    ctx.signal,
    async (work) => (await write(deps, ctx, work)).result,
  );
