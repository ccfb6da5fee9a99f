import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  fieldGivenTwice,
  JsonFields,
  readJsonObject,
  readShopifyTime,
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
import { matchesTopic, privacyTopicOf, requestNumberIn, looksLikePrivacyRequest } from './privacy-body.ts';
import { webhookPathSuffix, SHOPIFY_WEBHOOKS } from './path.ts';
import { domainOf, shopIn, type NamedShop, type SignedBody } from './signed-body.ts';

/**
 * Maximum length of each value that identifies a webhook. The id is in a unique key of a table, and with a
 * prefix it is the id of a privacy request, of at most 255. Shopify's values are far shorter.
 */
const LONGEST_NAME = 200;

/**
 * Includes the signature, although one valid signature proves the body: a proxy may have checked the other
 * one.
 */
const IDENTIFYING_HEADERS = ['signature', 'topic', 'shop', 'shopId', 'eventId', 'webhookId'] as const;

/** Fields of the body that identify the shop and the request; the worker validates the others. */
const ROUTING_FIELDS: Readonly<Record<string, SameValue>> = {
  shop_domain: domainOf,
  myshopify_domain: domainOf,
  shop_id: shopifyId,
  topic: (value) => (typeof value === 'string' ? webhookTopic(value) : null),
};
/** The number of a body that is the shop itself. */
const SHOP_NUMBER_FIELD = { id: shopifyId };
const REQUEST_NUMBER_FIELD = { 'data_request.id': shopifyId };

/**
 * Why a signed webhook is not accepted, with the status of the answer; `ignored`: webhooks of its topic are
 * not stored.
 */
export type UnidentifiedWebhook = 'ignored' | { status: 400 | 401 | 404 | 422; message: string };

export type IdentifiedWebhook = WebhookShop &
  Pick<ReceiveWebhook, 'topic' | 'eventId' | 'triggeredAt' | 'requestNumber'>;

/**
 * Returns the topics that headers name. Shopify's events use other words as topics, which are ignored here.
 */
const topicsIn = (req: IncomingMessage): WebhookTopic[] => [
  ...new Set(valuesOf(req, 'topic').flatMap((topic) => webhookTopic(topic) ?? [])),
];

/** Returns the topic from the header, else from the path; undefined for a topic that is not stored. */
export function topicOf(req: IncomingMessage): WebhookTopic | undefined {
  return valuesOf(req, 'topic').length > 0 ? topicsIn(req)[0] : webhookTopic(pathTopic(req));
}

/** Returns the topic in the path; empty if it has none. */
const pathTopic = ({ url }: IncomingMessage): string => webhookPathSuffix(pathOfTarget(url)) ?? '';

/**
 * Identifies a webhook with a valid signature, from the headers first and then from the body. The signature
 * does not cover the headers, and Shopify omits some of them from privacy requests. Headers and body must
 * agree: a body that was signed for one shop must not be accepted for another.
 */
export function identify(
  req: IncomingMessage,
  bytes: Buffer,
  signature: string,
): IdentifiedWebhook | UnidentifiedWebhook {
  const ambiguous = IDENTIFYING_HEADERS.find((header) => isAmbiguous(req, header));
  if (ambiguous) return givenTwice(ambiguous);
  if (topicsIn(req).length > 1) return givenTwice('topic');
  const read = readJsonObject(bytes);
  const { object: body, fields } = typeof read === 'string' ? NO_OBJECT : read;
  const repeated = fieldGivenTwice(fields, ROUTING_FIELDS);
  if (repeated) return { status: 422, message: `${repeated}: must be given once` };
  if (valuesOf(req, 'topic').length === 0 && pathTopic(req) && !topicOf(req)) return NO_TOPIC_IN_PATH;
  const topic = topicOf(req) ?? topicOfBody(req, body);
  if (!topic && valuesOf(req, 'topic').length === 0) return missing('topic');
  if (!topic) return body && looksLikePrivacyRequest(body) ? UNKNOWN_TOPIC : 'ignored';
  const isOfShop = topic === 'app/uninstalled';
  if (isOfShop && fieldGivenTwice(fields, SHOP_NUMBER_FIELD)) {
    return { status: 422, message: 'id: must be given once' };
  }
  const named = shopIn(body, isOfShop ? 'id' : 'shop_id');
  const matches = isPrivacyTopic(topic)
    ? body && named && isNamed(named) && matchesTopic(topic, body)
    : isOfShop
      ? body && named?.domain && named.number
      : // A body that is not JSON names no shop: the worker reports that it cannot be read.
        !body || named;
  if (!matches)
    return { status: 422, message: body ? `the body does not match the topic ${topic}` : NO_JSON };
  const shop = shopOf(req, named);
  if ('status' in shop) return shop;
  const isNumbered = topic === 'customers/data_request' && !fieldGivenTwice(fields, REQUEST_NUMBER_FIELD);
  const number = isNumbered ? shopifyId(body && requestNumberIn(body)) : null;
  const triggeredAt = triggeredAtOf(req);
  return {
    ...shop,
    topic,
    eventId: deliveryIdOf(req, signature, isOfShop ? triggeredAt : undefined),
    triggeredAt,
    requestNumber: number ?? undefined,
  };
}

/** The clocks of Shopify and of this machine may differ by this. A later time is not credible. */
const LARGEST_SKEW_MS = 5 * 60_000;

/** Returns when the event happened, by Shopify's clock; undefined if no credible time is given. */
function triggeredAtOf(req: IncomingMessage): Date | undefined {
  const at = readShopifyTime(valuesOf(req, 'triggeredAt')[0]);
  return at && at.getTime() <= Date.now() + LARGEST_SKEW_MS ? at : undefined;
}

/**
 * Derives the topic from the body. A header with an unknown topic may be a misspelt privacy request; the
 * signed body may then identify it.
 */
function topicOfBody(req: IncomingMessage, body: SignedBody | undefined): WebhookTopic | undefined {
  if (!body) return undefined;
  const { topic } = body;
  const bodyTopic = typeof topic === 'string' ? webhookTopic(topic) : privacyTopicOf(body);
  if (valuesOf(req, 'topic').length === 0) return bodyTopic;
  const inPath = webhookTopic(pathTopic(req));
  return [bodyTopic, privacyTopicOf(body), inPath].find(
    (one) =>
      one !== undefined && isPrivacyTopic(one) && looksLikePrivacyRequest(body) && matchesTopic(one, body),
  );
}

/** Returns the shop, from the header and the body. */
function shopOf(
  req: IncomingMessage,
  named: NamedShop = { domain: undefined, number: undefined },
): WebhookShop | Exclude<UnidentifiedWebhook, 'ignored'> {
  const [given, ...others] = valuesOf(req, 'shop').map((name) => name.toLowerCase());
  if (others.some((other) => other !== given)) return givenTwice('shop');
  if (given && named.domain && given !== named.domain) {
    return { status: 401, message: `${nameOf('shop')}: is not the shop_domain of the body` };
  }
  const [givenId, ...otherIds] = valuesOf(req, 'shopId');
  if (otherIds.length > 0) return givenTwice('shopId');
  if (givenId && named.number && givenId !== named.number) {
    return { status: 401, message: `${nameOf('shopId')}: is not the shop_id of the body` };
  }
  const shop = named.domain ?? given;
  const shopId = named.number ?? givenId;
  if (!shop && !shopId) return missing('shop');
  if ((shop ?? '').length > LONGEST_NAME) return { status: 400, message: `${nameOf('shop')}: is too long` };
  // A number that is only in a header does not outrank a signed name.
  return { shop, shopId, shopIdFinds: named.number !== undefined || named.domain === undefined };
}

/**
 * Returns the id that detects a second delivery: the event's id, else the delivery's id, else an id derived
 * from the signature, which is unique to this body. The signature is hashed: a reader of the id must not be
 * able to sign the body with it.
 * @param at distinguishes events whose bodies may be equal: two uninstalls of a shop
 */
function deliveryIdOf(req: IncomingMessage, signature: string, at: Date | undefined): string {
  const ids = [...valuesOf(req, 'eventId'), ...valuesOf(req, 'webhookId')];
  const given = ids.find((id) => !textProblem(id, LONGEST_NAME));
  const hash = () => createHash('sha256').update(Buffer.from(signature, 'base64')).digest('hex');
  return given ?? ['signature', hash(), ...(at ? [at.getTime()] : [])].join('-');
}

const isNamed = ({ domain, number }: NamedShop): boolean => domain !== undefined || number !== undefined;

const NO_OBJECT = { object: undefined, fields: new JsonFields() };
const NO_JSON = 'the body must be a JSON object, in UTF-8';

const NO_TOPIC_IN_PATH = {
  status: 404 as const,
  message: `the path must be ${SHOPIFY_WEBHOOKS}, or end with a topic that is supported, such as ${SHOPIFY_WEBHOOKS}/customers/redact`,
};

/**
 * Not 200, which would lose a request without a trace: Shopify repeats a refused webhook and shows it to the
 * app's owner.
 */
const UNKNOWN_TOPIC = {
  status: 422 as const,
  message: `${nameOf('topic')}: must be one of ${PRIVACY_TOPICS.join(', ')} for this body`,
};

const missing = (header: WebhookHeader) => ({
  status: 400 as const,
  message: `${nameOf(header)}: is required, because the body does not contain it`,
});

const givenTwice = (header: WebhookHeader) => ({
  status: 400 as const,
  message: `${nameOf(header)}: must be given once`,
});
