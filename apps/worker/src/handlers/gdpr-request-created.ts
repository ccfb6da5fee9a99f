import {
  assertNamesPerson,
  readGdprRequestCreated,
  type InboundGdprRequest,
  type MerchantId,
} from '@core/contracts';
import { parseEmail } from '@core/crypto';
import { type Tx } from '@core/db';
import {
  faultOfExternalId,
  findMerchantOfShop,
  findShopsOfNumber,
  isRequestDone,
  canRecordUnder,
  namesOfPerson,
  recordPrivacyRequest,
  redactCustomer,
  UNKNOWN_MERCHANT,
  type CommandContext,
  type PersonNames,
} from '@core/domain';
import { Unhandleable, type EventOutcome, type RejectedRecord } from '@core/events';
import { IdReused, invalid } from '@core/runtime';

export const gdprRequestCreated = {
  decode: readGdprRequestCreated,

  /** Merchant and request_id identify a request permanently; the event that carries it may have any id. */
  knowsRepetitions: true as const,

  /**
   * Erases the named person, or records a request that takes longer: a data_request waits for its export, and
   * the privacy job carries out a shop_redact in steps. A redact that names a merchant and a person is
   * carried out, whatever else its body contains, unless its names belong to two customers.
   * @throws MalformedEvent; CoreError invalid_argument naming the field; IdReused; Unhandleable
   */
  async handle(tx: Tx, ctx: CommandContext, event: InboundGdprRequest): Promise<EventOutcome> {
    const { kind, faults } = event;
    if (faults.body) throw faults.body;
    const merchantId = await findMerchant(tx, event);
    if (!merchantId)
      throw faults.merchant ?? invalid('merchant_id', 'or shop_domain must name a known merchant');
    if (kind === '') throw new Unhandleable('unsupported_kind', faults.kind);
    const request = { merchantId, requestId: requestIdOf(ctx, event) };
    const done = await isRequestDone(tx, request);
    if (!done) await assertOneMerchant(tx, merchantId, event);
    if (!done && kind === 'shop_redact') await assertItsShop(tx, merchantId, event);
    if (kind === 'redact') return redact(tx, ctx, { ...request, done }, event);
    const person = kind === 'shop_redact' ? {} : personOf(event);
    const { recorded, customerId } = await recordPrivacyRequest(tx, ctx, { ...request, ...person, kind });
    const fault = kind === 'data_request' && recorded && customerId === null && faultOfExternalId(event);
    if (fault) throw fault;
    return recorded ? 'applied' : 'duplicate';
  },

  /**
   * Records the request as pending, because its thirty days continue. The row contains the problem, but not
   * the person. The request is done once its producer has sent it again.
   *
   * A request without a known merchant is recorded for the unknown merchant. A request whose id belongs to
   * another request, done or not, cannot use that id. Both get their position in Kafka as their id, like
   * their dead letters. A shop_redact is recorded with an unknown kind until it is sent again: a row with its
   * real kind would be carried out despite the problem.
   */
  async beforeDeadLetter(
    tx: Tx,
    ctx: CommandContext,
    event: InboundGdprRequest,
    { position, problem, error }: RejectedRecord,
  ) {
    const merchantId = await findMerchant(tx, event);
    const requestId = requestIdOf(ctx, event);
    const { kind: asked } = event;
    const kind = merchantId === '' || asked === '' || asked === 'shop_redact' ? 'unknown' : asked;
    const named =
      merchantId !== '' &&
      !(error instanceof IdReused) &&
      (await canRecordUnder(tx, { merchantId, requestId, kind }));
    await recordPrivacyRequest(tx, ctx, {
      merchantId: merchantId || UNKNOWN_MERCHANT,
      requestId: named ? requestId : position,
      kind,
      problem,
    });
  },
};

const findMerchant = async (tx: Tx, { merchantId, shop }: InboundGdprRequest): Promise<MerchantId | ''> =>
  merchantId || (shop && (await findMerchantOfShop(tx, { shop }))) || '';

/**
 * Checks that the shop belongs to the merchant of the request. An unconnected shop is ignored. If the shop,
 * by its domain or its number, belongs to another merchant, it is unclear which merchant's person is meant.
 * @throws CoreError invalid_argument
 */
async function assertOneMerchant(
  tx: Tx,
  merchantId: MerchantId,
  { shop, shopNumbers }: InboundGdprRequest,
): Promise<void> {
  const ofShop = shop ? await findMerchantOfShop(tx, { shop }) : null;
  if (ofShop && ofShop !== merchantId) throw invalid('merchant_id', 'and shop_domain must name one merchant');
  for (const shopId of shopNumbers.filter(Boolean)) {
    const connections = await findShopsOfNumber(tx, { shopId });
    if (connections.some((of) => of.merchantId !== merchantId))
      throw invalid('merchant_id', 'and shop_id must name one merchant');
  }
}

/**
 * Checks that each named shop belongs to the merchant, and that domain and number name the same shop: all
 * data of the merchant is erased, and nothing restores it. An unconnected shop may belong to another
 * merchant, so it is refused here.
 * @throws CoreError invalid_argument
 */
async function assertItsShop(
  tx: Tx,
  merchantId: MerchantId,
  { shops, shopNumbers }: InboundGdprRequest,
): Promise<void> {
  for (const shop of shops) {
    if ((await findMerchantOfShop(tx, { shop })) !== merchantId)
      throw invalid('shop_domain', 'must name a connected shop of the merchant');
  }
  for (const shopId of shopNumbers) {
    const connections = shopId ? await findShopsOfNumber(tx, { shopId }) : [];
    const its = connections.filter((of) => of.merchantId === merchantId).map(({ shop }) => shop);
    if (its.length === 0) throw invalid('shop_id', 'must be the number of a connected shop of the merchant');
    if (shops.some((shop) => !its.includes(shop)))
      throw invalid('shop_id', 'must be the number of the shop that shop_domain names');
  }
}

const requestIdOf = (ctx: CommandContext, { requestId, eventId }: InboundGdprRequest): string =>
  requestId || eventId || ctx.requestId;

async function redact(
  tx: Tx,
  ctx: CommandContext,
  { done, ...request }: { merchantId: MerchantId; requestId: string; done: boolean },
  event: InboundGdprRequest,
): Promise<EventOutcome> {
  const receipt = await redactCustomer(tx, ctx, { ...request, ...personOf(event) });
  // No customer has the readable names: the unreadable one may be the name that identifies the person.
  const fault = event.faults.person ?? faultOfExternalId(event) ?? faultOfEmail(event);
  if (!done && receipt.customerId === null && fault) throw fault;
  return done ? 'duplicate' : 'applied';
}

/**
 * Called after the search for a holder: an earlier build may have stored an email that today's rule refuses.
 */
const faultOfEmail = ({ given: { email } }: InboundGdprRequest): Error | undefined =>
  email[0] && parseEmail(email[0].name) === null ? invalid('email', 'must be an email address') : undefined;

/** Returns the names of the person. @throws CoreError naming the field that prevents the identification */
function personOf(event: InboundGdprRequest): PersonNames {
  assertNamesPerson(event);
  return namesOfPerson(event);
}
