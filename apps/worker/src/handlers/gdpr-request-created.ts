import { decodeEvent, GdprRequestCreatedSchema, type GdprRequestCreated } from '@core/contracts';
import type { Tx } from '@core/db';
import { recordPrivacyRequest, redactCustomer, type CommandContext } from '@core/domain';
import { Unhandleable } from '@core/events';
import { invalid } from '@core/runtime';
import { uuid } from './uuid.ts';

export const gdprRequestCreated = {
  decode: (body: Uint8Array | null) => decodeEvent(GdprRequestCreatedSchema, body),

  /**
   * Erases the person named, or writes down what takes longer: a data_request waits for its export, a shop_redact is
   * carried out in steps by the privacy job. An unknown kind goes to the dead letters as unsupported_kind, from where
   * it can be sent again, and is never taken as done.
   * @throws CoreError invalid_argument naming the field; Unhandleable
   */
  async handle(tx: Tx, ctx: CommandContext, event: GdprRequestCreated) {
    const request = requestOf(ctx, event);
    const { kind, ...named } = request;
    if (kind === 'shop_redact') return recordPrivacyRequest(tx, ctx, request);
    const person = personOf(event);
    return kind === 'redact'
      ? redactCustomer(tx, ctx, { ...named, ...person })
      : recordPrivacyRequest(tx, ctx, { ...request, ...person });
  },

  /**
   * Its thirty days go on: it is written down as pending, without the person, and done when the producer has sent it
   * anew. Of an unknown kind, or without a merchant, there is only the dead letter.
   */
  async beforeDeadLetter(tx: Tx, ctx: CommandContext, event: GdprRequestCreated) {
    await recordPrivacyRequest(tx, ctx, requestOf(ctx, event));
  },
};

const KINDS = ['redact', 'data_request', 'shop_redact'] as const;
const isKind = (kind: string): kind is (typeof KINDS)[number] => (KINDS as readonly string[]).includes(kind);

function requestOf(ctx: CommandContext, event: GdprRequestCreated) {
  const kind = event.kind || 'redact';
  if (!isKind(kind)) throw new Unhandleable('unsupported_kind');
  return {
    merchantId: uuid('merchant_id', event.merchantId),
    requestId: event.requestId || event.eventId || ctx.requestId,
    kind,
  };
}

const LONGEST_EMAIL = 320;

function personOf({ customerId, externalId, email }: GdprRequestCreated) {
  if (!customerId && !externalId && !email) {
    throw invalid('customer_id', 'or external_id or email must name the person');
  }
  // Before it is normalised; nobody has a longer one, for no door takes it.
  if (email.length > LONGEST_EMAIL) throw invalid('email', `must have at most ${LONGEST_EMAIL} characters`);
  return {
    customerId: customerId ? uuid('customer_id', customerId) : undefined,
    externalId: externalId || undefined,
    email: email || undefined,
  };
}
