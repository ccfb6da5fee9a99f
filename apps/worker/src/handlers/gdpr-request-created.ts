import { decodeEvent, GdprRequestCreatedSchema, type GdprRequestCreated } from '@core/contracts';
import type { Tx } from '@core/db';
import { redactCustomer, type CommandContext } from '@core/domain';
import { Unhandleable } from '@core/events';
import { invalid } from '@core/runtime';
import { uuid } from './uuid.ts';

export const gdprRequestCreated = {
  decode: (body: Uint8Array | null) => decodeEvent(GdprRequestCreatedSchema, body),

  /**
   * Erases the person named. The kinds data_request and shop_redact are not served yet: they go to the
   * dead letters as unsupported_kind, from where they can be sent again, and are never taken as done.
   * @throws CoreError invalid_argument naming the field; Unhandleable
   */
  handle(tx: Tx, ctx: CommandContext, event: GdprRequestCreated) {
    if (event.kind !== '' && event.kind !== 'redact') throw new Unhandleable('unsupported_kind');
    const merchantId = uuid('merchant_id', event.merchantId);
    const customerId = event.customerId ? uuid('customer_id', event.customerId) : undefined;
    const { externalId, email } = event;
    if (!customerId && !externalId && !email) {
      throw invalid('customer_id', 'or external_id or email must name the person');
    }
    const requestId = event.requestId || event.eventId || ctx.requestId;
    return redactCustomer(tx, ctx, {
      merchantId,
      requestId,
      customerId,
      externalId: externalId || undefined,
      email: email || undefined,
    });
  },
};
