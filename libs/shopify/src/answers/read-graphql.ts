import { isJsonObject } from '@core/contracts';
import {
  CursorLost,
  CustomersWithheld,
  EmailsWithheld,
  QueryTooExpensive,
  ShopifyRejected,
  ShopifyTimeout,
  ShopifyUnavailable,
  Throttled,
  UnusableAnswer,
  type QueryCost,
} from './errors.ts';
import { DENIED_SCOPE, INACTIVE } from './merchant-messages.ts';
import { assertAnswered, parseObject } from './read-reply.ts';
import { EMAIL_FIELD_REFUSED, refusalIn } from './refusals.ts';
import type { GraphqlReply, HttpReply } from './replies.ts';
import { DEFAULT_WAIT_MS, parseHttpDate } from './retry-after.ts';

/** Interprets a reply of the GraphQL Admin API. @throws as ShopClient */
export function readGraphql(reply: HttpReply, now: number): GraphqlReply {
  assertAnswered(reply, now);
  const { data, errors, extensions } = parseObject(reply.body);
  const cost = costOf(extensions);
  const listed = listErrors(errors);
  if (listed.length > 0) throw errorOf(listed, cost);
  if (!isJsonObject(data)) throw new UnusableAnswer('other_form', 'the reply has no data');
  const answeredAt = parseHttpDate(reply.headers.get('date'));
  return { data, cost, ...(answeredAt !== null && { answeredAt: new Date(answeredAt) }) };
}

interface GraphqlError {
  message: string;
  path: unknown[];
  /** Empty when there is none. */
  code: string;
}

/**
 * Returns the errors of a reply. GraphQL specifies a list of objects. Shopify returns a string, or an object
 * of strings, when it refuses a request before it evaluates the query.
 */
function listErrors(errors: unknown): GraphqlError[] {
  if (Array.isArray(errors)) return errors.map(readError);
  const text = typeof errors === 'string' ? errors : isJsonObject(errors) ? JSON.stringify(errors) : '';
  return text === '' || text === '{}' ? [] : [readError(text)];
}

function readError(error: unknown): GraphqlError {
  const { message = error, path, extensions } = isJsonObject(error) ? error : {};
  const code = isJsonObject(extensions) ? extensions['code'] : undefined;
  return {
    message: typeof message === 'string' ? message : '',
    path: Array.isArray(path) ? path : [],
    // Only Shopify's own error codes are repeated to the merchant.
    code: typeof code === 'string' && /^[A-Za-z_]{1,64}$/.test(code) ? code : '',
  };
}

/**
 * Maps the errors, which arrive with HTTP 200. Source: shopify.dev/docs/api/admin-graphql (status and error
 * codes).
 */
function errorOf(errors: readonly GraphqlError[], cost: QueryCost | null): Error {
  const codes = errors.map(({ code }) => code);
  if (codes.includes('THROTTLED')) {
    return cost ? new Throttled(cost) : new ShopifyUnavailable('THROTTLED', DEFAULT_WAIT_MS);
  }
  if (codes.includes('MAX_COST_EXCEEDED')) return new QueryTooExpensive('MAX_COST_EXCEEDED');
  if (codes.includes('TIMEOUT')) return new ShopifyTimeout('TIMEOUT');
  if (codes.includes('INTERNAL_SERVER_ERROR')) return new UnusableAnswer('error', 'INTERNAL_SERVER_ERROR');
  if (codes.includes('SHOP_INACTIVE')) return new ShopifyRejected(INACTIVE);
  const denied = errors.filter(isDenied);
  if (denied.length > 0) return denialOf(denied);
  if (errors.some(({ message }) => /cursor/i.test(message))) return new CursorLost('invalid cursor');
  const code = codes.find(Boolean);
  const inWords = code === undefined && errors.map(({ message }) => refusalIn(message)).find(Boolean);
  if (inWords) return inWords;
  return new ShopifyRejected(
    `Shopify rejected the request (${code ?? 'no code'}). Resume the import; if it fails again, report this to support.`,
  );
}

/**
 * The errors of protected fields have no code in Shopify's examples
 * (shopify.dev/docs/apps/launch/protected-customer-data).
 */
const isDenied = ({ code, path, message }: GraphqlError): boolean =>
  code === 'ACCESS_DENIED' || (code === '' && path.length > 0 && /not approved/i.test(message));

function denialOf(denied: readonly GraphqlError[]): ShopifyRejected {
  if (denied.some(({ message }) => /access scope/i.test(message))) return new ShopifyRejected(DENIED_SCOPE);
  // The path of a refused field ends at that field. The path of a refused type ends at the list.
  const isEmail = ({ path, message }: GraphqlError) =>
    path.length > 0 ? path.includes('defaultEmailAddress') : EMAIL_FIELD_REFUSED.test(message);
  return denied.every(isEmail) ? new EmailsWithheld() : new CustomersWithheld();
}

function costOf(extensions: unknown): QueryCost | null {
  const cost = isJsonObject(extensions) && isJsonObject(extensions['cost']) ? extensions['cost'] : {};
  const { throttleStatus, requestedQueryCost: requested } = cost;
  const { currentlyAvailable, maximumAvailable, restoreRate } = isJsonObject(throttleStatus)
    ? throttleStatus
    : {};
  if (!isCount(requested) || !isCount(currentlyAvailable) || !isCount(maximumAvailable)) return null;
  if (!isCount(restoreRate) || restoreRate === 0) return null;
  return { requested, available: currentlyAvailable, maximum: maximumAvailable, restoreRate };
}

const isCount = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 0;
