import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  fieldGivenTwice,
  JsonFields,
  readJsonObject,
  shopifyId,
  textProblem,
  type SameValue,
} from '@core/contracts';
import {
  isPrivacyTopic,
  PRIVACY_TOPICS,
  webhookTopic,
  type ReceiveWebhook,
  type WebhookShop,
  type WebhookTopic,
} from '@core/domain';
import { pathOfTarget } from '../../paths.ts';
import { isAmbiguous, nameOf, valuesOf, type WebhookHeader } from './headers.ts';
import { mayBe, privacyTopicOf, requestNumberIn, seemsPrivate } from './privacy-body.ts';
import { behindWebhooks, SHOPIFY_WEBHOOKS } from './path.ts';
import { domainOf, shopIn, type NamedShop, type SignedBody } from './signed-body.ts';

/**
 * Maximum length of what identifies a webhook: a table has the id in a unique key, and with a prefix it is the id of a
 * privacy request, of 255 at most. Shopify's are far shorter.
 */
const LONGEST_NAME = 200;

/** The signature as well, although any that fits proves the body: a proxy may have judged the other one. */
const IDENTIFYING = ['signature', 'topic', 'shop', 'shopId', 'eventId', 'webhookId'] as const;

/** Fields of the body that say which shop and which request it is; the worker judges the others. */
const STEERING: Readonly<Record<string, SameValue>> = {
  shop_domain: domainOf,
  myshopify_domain: domainOf,
  shop_id: shopifyId,
  topic: (value) => (typeof value === 'string' ? webhookTopic(value) : null),
};
const OF_THE_NUMBER = { 'data_request.id': shopifyId };

/** Why a signed webhook is not taken, with the status of the answer; `ignored`: nothing is kept of its topic. */
export type Unidentified = 'ignored' | { status: 400 | 401 | 404 | 422; message: string };

export type Identified = WebhookShop & Pick<ReceiveWebhook, 'topic' | 'eventId' | 'requestNumber'>;

/** The topics that headers name: those of Shopify's events are other words, and count as none. */
const topicsIn = (req: IncomingMessage): WebhookTopic[] => [
  ...new Set(valuesOf(req, 'topic').flatMap((topic) => webhookTopic(topic) ?? [])),
];

/** The topic by the header, else by the path; undefined for one of which nothing is kept. */
export function topicOf(req: IncomingMessage): WebhookTopic | undefined {
  return valuesOf(req, 'topic').length > 0 ? topicsIn(req)[0] : webhookTopic(pathTopic(req));
}

/** The topic in the path; empty when it has none. */
const pathTopic = ({ url }: IncomingMessage): string => behindWebhooks(pathOfTarget(url)) ?? '';

/**
 * Reads what identifies a webhook whose signature fits: first the headers, then the body. No signature covers the
 * headers, and Shopify leaves some of them out of privacy requests. Headers and body must agree: a body that was signed
 * for one shop must not be taken for another's.
 */
export function identify(req: IncomingMessage, bytes: Buffer, signature: string): Identified | Unidentified {
  const ambiguous = IDENTIFYING.find((header) => isAmbiguous(req, header));
  if (ambiguous) return twice(ambiguous);
  if (topicsIn(req).length > 1) return twice('topic');
  const read = readJsonObject(bytes);
  const { object: body, fields } = typeof read === 'string' ? NO_OBJECT : read;
  const steers = fieldGivenTwice(fields, STEERING);
  if (steers) return { status: 422, message: `${steers}: must be given once` };
  if (valuesOf(req, 'topic').length === 0 && pathTopic(req) && !topicOf(req)) return NO_TOPIC_IN_PATH;
  const topic = topicOf(req) ?? topicOfBody(req, body);
  if (!topic && valuesOf(req, 'topic').length === 0) return missing('topic');
  if (!topic) return body && seemsPrivate(body) ? UNKNOWN_TOPIC : 'ignored';
  const named = shopIn(body);
  const isOne = isPrivacyTopic(topic)
    ? body && named && isNamed(named) && mayBe(topic, body)
    : // A body that is no JSON says nothing of a shop: the worker reports that it cannot be read.
      !body || named;
  if (!isOne) return { status: 422, message: body ? `the body is not one of ${topic}` : NO_JSON };
  const shop = shopOf(req, named);
  if ('status' in shop) return shop;
  const isNumbered = topic === 'customers/data_request' && !fieldGivenTwice(fields, OF_THE_NUMBER);
  const number = isNumbered ? shopifyId(body && requestNumberIn(body)) : null;
  return { ...shop, topic, eventId: deliveryOf(req, signature), requestNumber: number ?? undefined };
}

/** A header with another word may be a misspelt one of a privacy request: then the body, which is signed, may tell that. */
function topicOfBody(req: IncomingMessage, body: SignedBody | undefined): WebhookTopic | undefined {
  if (!body) return undefined;
  const { topic } = body;
  const told = typeof topic === 'string' ? webhookTopic(topic) : privacyTopicOf(body);
  if (valuesOf(req, 'topic').length === 0) return told;
  const inPath = webhookTopic(pathTopic(req));
  return [told, privacyTopicOf(body), inPath].find(
    (one) => one !== undefined && isPrivacyTopic(one) && seemsPrivate(body) && mayBe(one, body),
  );
}

/** The shop, of the header and of the body. */
function shopOf(
  req: IncomingMessage,
  named: NamedShop = { domain: undefined, number: undefined },
): WebhookShop | Exclude<Unidentified, 'ignored'> {
  const [given, ...others] = valuesOf(req, 'shop').map((name) => name.toLowerCase());
  if (others.some((other) => other !== given)) return twice('shop');
  if (given && named.domain && given !== named.domain) {
    return { status: 401, message: `${nameOf('shop')}: is not the shop_domain of the body` };
  }
  const [givenId, ...otherIds] = valuesOf(req, 'shopId');
  if (otherIds.length > 0) return twice('shopId');
  if (givenId && named.number && givenId !== named.number) {
    return { status: 401, message: `${nameOf('shopId')}: is not the shop_id of the body` };
  }
  const shop = named.domain ?? given;
  const shopId = named.number ?? givenId;
  if (!shop && !shopId) return missing('shop');
  if ((shop ?? '').length > LONGEST_NAME) return { status: 400, message: `${nameOf('shop')}: is too long` };
  // A number of a header alone does not outrank a name that is signed.
  return { shop, shopId, shopIdFinds: named.number !== undefined || named.domain === undefined };
}

/**
 * The id that a second delivery is known by: the event's, else the delivery's, else one made of the signature, which
 * belongs to this body alone. The signature is hashed, so that nobody who sees the id can sign the body with it.
 */
function deliveryOf(req: IncomingMessage, signature: string): string {
  const ids = [...valuesOf(req, 'eventId'), ...valuesOf(req, 'webhookId')];
  const given = ids.find((id) => !textProblem(id, LONGEST_NAME));
  return given ?? `signature-${createHash('sha256').update(Buffer.from(signature, 'base64')).digest('hex')}`;
}

const isNamed = ({ domain, number }: NamedShop): boolean => domain !== undefined || number !== undefined;

const NO_OBJECT = { object: undefined, fields: new JsonFields() };
const NO_JSON = 'the body must be a JSON object, in UTF-8';

const NO_TOPIC_IN_PATH = {
  status: 404 as const,
  message: `the path must be ${SHOPIFY_WEBHOOKS}, or end with a topic that is taken, such as ${SHOPIFY_WEBHOOKS}/customers/redact`,
};

/** Not 200, by which a request would be lost without a trace: Shopify repeats it, and shows it to the app's owner. */
const UNKNOWN_TOPIC = {
  status: 422 as const,
  message: `${nameOf('topic')}: must be one of ${PRIVACY_TOPICS.join(', ')} with such a body`,
};

const missing = (header: WebhookHeader) => ({
  status: 400 as const,
  message: `${nameOf(header)}: is required, for the body does not say it`,
});

const twice = (header: WebhookHeader) => ({
  status: 400 as const,
  message: `${nameOf(header)}: must be given once`,
});
