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
  mayWaitUnder,
  namesOfPerson,
  recordPrivacyRequest,
  redactCustomer,
  UNKNOWN_MERCHANT,
  type CommandContext,
  type PersonNames,
} from '@core/domain';
import { Unhandleable, type EventOutcome, type GivenUp } from '@core/events';
import { IdReused, invalid } from '@core/runtime';

export const gdprRequestCreated = {
  decode: readGdprRequestCreated,

  /** Merchant and request_id identify a request permanently; the event that carries it may have any id. */
  knowsRepetitions: true as const,

  /**
   * Erases the person named, or writes down what takes longer: a data_request waits for its export, a shop_redact is
   * carried out in steps by the privacy job. A redact that names merchant and person is carried out, whatever else is
   * in its body, unless its names mean two customers.
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
   * Its thirty days go on: it is written down as pending with what is wrong with it, and without the person; it is done
   * when the producer has sent it anew. One that nobody can be found for is the unknown merchant's, and one whose id is
   * another request's, done ones included, cannot be written down under it: both are named by their position in Kafka, as
   * their dead letters are. A shop_redact is of unknown kind until it is sent anew: one that is written down as what it is
   * would be carried out, whatever its problem.
   */
  async beforeDeadLetter(
    tx: Tx,
    ctx: CommandContext,
    event: InboundGdprRequest,
    { position, problem, error }: GivenUp,
  ) {
    const merchantId = await findMerchant(tx, event);
    const requestId = requestIdOf(ctx, event);
    const { kind: asked } = event;
    const kind = merchantId === '' || asked === '' || asked === 'shop_redact' ? 'unknown' : asked;
    const named =
      merchantId !== '' &&
      !(error instanceof IdReused) &&
      (await mayWaitUnder(tx, { merchantId, requestId, kind }));
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
 * A shop that nobody has connected says nothing; one of another merchant, by its domain or its number, means that nobody can
 * tell whose person is meant.
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
 * Checks that each shop which is named is the merchant's, and that its domain and its number are of one shop: the whole
 * merchant goes, and nothing brings it back. A shop that nobody has connected may be another merchant's, so here it does
 * not count as none.
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
  // Nobody has the names that could be read: the one that could not be read may tell the person.
  const fault = event.faults.person ?? faultOfExternalId(event) ?? faultOfEmail(event);
  if (!done && receipt.customerId === null && fault) throw fault;
  return done ? 'duplicate' : 'applied';
}

/** A holder is looked for first: an earlier build may have stored an email that is none by the rule of now. */
const faultOfEmail = ({ given: { email } }: InboundGdprRequest): Error | undefined =>
  email[0] && parseEmail(email[0].name) === null ? invalid('email', 'must be an email address') : undefined;

/** @throws CoreError naming what keeps the person from being known */
function personOf(event: InboundGdprRequest): PersonNames {
  assertNamesPerson(event);
  return namesOfPerson(event);
}
