import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CreateInstallLinkRequest } from '@core/contracts';
import { recordInstallLink } from '@core/domain';
import { CoreError } from '@core/runtime';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function createInstallLinkHandler(
  deps: Pick<Deps, 'pool' | 'keys' | 'installApp'>,
  ctx: CallContext,
  { merchantId, shop }: Checked<CreateInstallLinkRequest>,
) {
  if (!deps.installApp) {
    throw new CoreError(
      'failed_precondition',
      'shop: the app cannot be installed: SHOPIFY_CLIENT_ID, SHOPIFY_CLIENT_SECRET and CORE_PUBLIC_URL must be set',
      { field: 'shop' },
    );
  }
  const { url, linkId, expiresAt } = deps.installApp.linkFor({ merchantId, shop });
  await write(deps, ctx, (tx, commandCtx) => recordInstallLink(tx, commandCtx, { merchantId, linkId, shop }));
  return { url, expiresAt: timestampFromDate(expiresAt) };
}
