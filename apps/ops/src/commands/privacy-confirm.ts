import type { MerchantId } from '@core/contracts';
import { databaseEnv, inTransaction, type Pool } from '@core/db';
import { confirmShopRedaction, listPrivacyRequests } from '@core/domain';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { flag } from '../cli/option.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import { actOnShopRedactions } from '../privacy/act-on-shop-redaction.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { earliestStart } from '../privacy/present.ts';
import { withRequest } from '../privacy/with-request.ts';

export const privacyConfirm = defineCommand({
  name: 'privacy confirm',
  does: 'release a shop redaction that is held because many arrived at once',
  details: `
First find out who sent them: \`privacy list\` shows their merchants, and the audit log shows the requests.
Cancel a forged one with \`privacy cancel\`. A confirmed redaction still waits for its start time.`,
  options: {
    ...REQUEST_OPTIONS,
    all: flag('confirm every held redaction, of --merchant or of all merchants'),
    ...ACTING_OPTIONS,
  },
  env: databaseEnv,
  run: (call) => {
    const { values, env } = call;
    if (values.all && values.request) throw new UsageError('--all: cannot be combined with --request');
    const one = values.all ? undefined : requestOf(values, env);
    const confirm = (pool: Pool, refs: Parameters<typeof actOnShopRedactions>[2]) =>
      actOnShopRedactions(pool, call, refs, {
        verb: 'confirm',
        act: (tx, actor, request) => confirmShopRedaction(tx, actor, request),
        then: (request) => [`it is carried out from ${earliestStart(request)} on`, ''],
      });
    if (one) return withRequest(env, one, (pool) => confirm(pool, [one]));
    return withDatabase(env, async (pool) => {
      const held = await inTransaction(pool, (tx) => listHeld(tx, values.merchant));
      if (held.length === 0 && values.merchant) await assertMerchantIsKnown(pool, values.merchant);
      if (held.length === 0)
        return { json: { dry_run: true, requests: [] }, lines: ['no redaction is held'] };
      return confirm(pool, held);
    });
  },
});

const listHeld = async (tx: Parameters<typeof listPrivacyRequests>[0], merchantId: MerchantId | undefined) =>
  (await listPrivacyRequests(tx, { merchantId, kind: 'shop_redact', most: 10_000 })).filter(
    ({ held }) => held,
  );
