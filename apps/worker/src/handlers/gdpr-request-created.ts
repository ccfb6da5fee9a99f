import { decodeEvent, eventText, GdprRequestCreatedSchema, type GdprRequestCreated } from '@core/contracts';
import type { Tx } from '@core/db';
import {
  isRequestDone,
  recordPrivacyRequest,
  redactCustomer,
  type CommandContext,
  type PersonNames,
} from '@core/domain';
import { Unhandleable, type EventOutcome } from '@core/events';
import { IdReused, invalid } from '@core/runtime';
import { uuid } from './uuid.ts';

export const gdprRequestCreated = {
  decode: (body: Uint8Array | null) => decodeEvent(GdprRequestCreatedSchema, body),

  /** Merchant and request_id identify a request permanently; the event that carries it may have any id. */
  knowsRepetitions: true as const,

  /**
   * Erases the person named, or writes down what takes longer: a data_request waits for its export, a shop_redact is
   * carried out in steps by the privacy job. An unknown kind goes to the dead letters as unsupported_kind, from where
   * it can be sent again, and is never taken as done.
   * @throws CoreError invalid_argument naming the field; IdReused; Unhandleable
   */
  async handle(tx: Tx, ctx: CommandContext, event: GdprRequestCreated): Promise<EventOutcome> {
    const request = requestOf(ctx, event);
    const { kind, ...named } = request;
    if (kind === 'redact') return redact(tx, ctx, { ...named, ...personOf(event) });
    const person = kind === 'shop_redact' ? {} : personOf(event);
    const { recorded } = await recordPrivacyRequest(tx, ctx, { ...request, ...person });
    return recorded ? 'applied' : 'duplicate';
  },

  /**
   * Its thirty days go on: it is written down as pending, without the person, and done when the producer has sent it
   * anew. With an unknown kind, or without a merchant, it becomes a dead letter only. When its id belongs to
   * another request, it is already recorded under that one.
   */
  async beforeDeadLetter(tx: Tx, ctx: CommandContext, event: GdprRequestCreated) {
    await recordPrivacyRequest(tx, ctx, requestOf(ctx, event)).catch((error: unknown) => {
      if (!(error instanceof IdReused)) throw error;
    });
  },
};

async function redact(
  tx: Tx,
  ctx: CommandContext,
  request: PersonNames & { merchantId: string; requestId: string },
): Promise<EventOutcome> {
  const done = await isRequestDone(tx, request);
  await redactCustomer(tx, ctx, request);
  return done ? 'duplicate' : 'applied';
}

const KINDS = ['redact', 'data_request', 'shop_redact'] as const;
const isKind = (kind: string): kind is (typeof KINDS)[number] => (KINDS as readonly string[]).includes(kind);

const LONGEST_KIND = 64;
const LONGEST_EMAIL = 320;

function requestOf(ctx: CommandContext, event: GdprRequestCreated) {
  const kind = eventText('kind', event.kind, LONGEST_KIND) || 'redact';
  if (!isKind(kind)) throw new Unhandleable('unsupported_kind');
  return {
    merchantId: uuid('merchant_id', event.merchantId),
    requestId:
      eventText('request_id', event.requestId) || eventText('event_id', event.eventId) || ctx.requestId,
    kind,
  };
}

/** Read here and not in decode: a request with a malformed person is still recorded as pending. */
function personOf({ customerId, externalId, email }: GdprRequestCreated): PersonNames {
  const person = {
    customerId: customerId ? uuid('customer_id', customerId) : undefined,
    externalId: eventText('external_id', externalId.trim()) || undefined,
    email: eventText('email', email.trim(), LONGEST_EMAIL) || undefined,
  };
  if (!person.customerId && !person.externalId && !person.email) {
    throw invalid('customer_id', 'or external_id or email must name the person');
  }
  return person;
}
