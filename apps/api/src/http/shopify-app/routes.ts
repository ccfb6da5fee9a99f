import type { IncomingMessage, ServerResponse } from 'node:http';
import { CoreError, within, type Logger } from '@core/runtime';
import {
  GrantRefused,
  QueryRefused,
  readSignedQuery,
  ShopifyRejected,
  ShopifyUnavailable,
  ShopUnproven,
  Throttled,
  Unauthorized,
  withoutResume,
} from '@core/shopify';
import { isTemporary } from '../../errors.ts';
import type { Run } from '../../install/install-app.ts';
import { REQUEST_ID, requestIdOf } from '../../rpc-context/request-id.ts';
import { sendResponse } from '../send-response.ts';
import { sendDocument } from '../console/serve-console.ts';
import type { Route } from '../server.ts';
import { renderPage, type AppReply, type PageReply } from './page.ts';

/** Longer than a request to the shop, which times out after 15 s. */
const ANSWER_WITHIN_MS = 40_000;

/** Answers a query that Shopify has signed. */
export type Page = (query: URLSearchParams, run: PageRun) => Promise<AppReply>;

export interface PageRun extends Run {
  /** Whether the person has pressed the button of the page: a POST. */
  confirmed: boolean;
}

export interface AppRoutesOptions {
  /** Client secrets of the app, several while it is rotated. */
  secrets: readonly string[];
  log: Logger;
  /** The page has a button. It then appears in no frame, in which another page could place the button. */
  confirms?: boolean;
}

/**
 * Serves a page for a merchant. `admit` (rpc-context/admit.ts) is not used, because it requires a caller, and
 * a browser that comes from Shopify has none: the HMAC of the query replaces it, and is checked before
 * anything else.
 */
export function createAppRoute({ secrets, log, confirms = false }: AppRoutesOptions, page: Page): Route {
  return (req, res) => {
    const requestId = requestIdOf(singleHeader(req, REQUEST_ID));
    res.setHeader(REQUEST_ID, requestId);
    const confirmed = confirms && req.method === 'POST';
    if (req.method !== 'GET' && !confirmed) {
      return sendResponse(req, res, 405, { allow: confirms ? 'GET, POST' : 'GET' });
    }
    // Neither a browser that leaves nor a stop of the process ends it: Shopify retires the stored tokens when
    // it grants new ones, so these must be stored.
    const run = { requestId, confirmed, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) };
    let shop: string | undefined;
    const work = async (): Promise<AppReply> => {
      const [, query = ''] = /\?([^#]*)/.exec(req.url ?? '') ?? [];
      const signed = await readSignedQuery(query, { secrets });
      if (confirmed && !isFromSamePage(req)) return CONFIRMED_ELSEWHERE;
      shop = confirms ? undefined : (signed.get('shop') ?? undefined);
      return page(signed, run);
    };
    const reply = within(ANSWER_WITHIN_MS, work()).then((answered) => answered ?? UNAVAILABLE);
    return reply
      .catch((error: unknown) => pageOf(error, run, log))
      .then((answered) =>
        'document' in answered
          ? sendDocument(req, res, answered.document, shop)
          : send(req, res, renderPage(answered, shop)),
      )
      .catch(() => void res.destroy());
  };
}

const send = (
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: ReturnType<typeof renderPage>,
): void => sendResponse(req, res, status, headers, body);

/**
 * Whether the form of the page itself was sent. `Origin` would not tell: without a referrer a browser sends
 * `null`. A client that is not a browser sends neither header.
 */
const isFromSamePage = (req: IncomingMessage): boolean =>
  [undefined, 'same-origin'].includes(singleHeader(req, 'sec-fetch-site'));

const singleHeader = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

const TITLE = 'The shop was not connected';

const CONFIRMED_ELSEWHERE: PageReply = {
  status: 403,
  title: TITLE,
  text: 'Another page has sent the confirmation. Connect the shop again from your account.',
};

const UNAVAILABLE: PageReply = {
  status: 503,
  title: TITLE,
  text:
    'A service that is needed does not answer. Open the app in the Shopify admin again in a few minutes, or ' +
    'connect the shop again from your account.',
};

/** The errors name settings of the service and imports, which the owner of a shop does not know. */
const REFUSED =
  'Shopify does not let the app read the customers of this shop. Check in the Shopify admin that the shop is ' +
  'open and that the app is installed with all of its permissions, then open the app again.';

/** Returns the page for a failure. It contains no value of the request. */
function pageOf(error: unknown, { requestId, signal }: Run, log: Logger): PageReply {
  if (error instanceof QueryRefused) {
    return {
      status: 400,
      title: TITLE,
      text:
        'This address is too old, or Shopify has not signed it. Open the app in the Shopify admin, or connect ' +
        'the shop again from your account.',
    };
  }
  if (error instanceof GrantRefused) return { status: 401, title: TITLE, text: error.message };
  if (error instanceof ShopUnproven) return { status: 409, title: TITLE, text: withoutResume(error.message) };
  if (error instanceof ShopifyRejected || error instanceof Unauthorized) {
    log.error({ request_id: requestId, err: error }, 'could not connect a shop: Shopify refused');
    return { status: 502, title: TITLE, text: `${REFUSED} Quote this number to support: ${requestId}` };
  }
  if (
    error instanceof ShopifyUnavailable ||
    error instanceof Throttled ||
    signal.aborted ||
    isTemporary(error)
  ) {
    log.warn(
      { request_id: requestId, err: error },
      'could not connect a shop; the merchant is asked to retry',
    );
    return UNAVAILABLE;
  }
  if (error instanceof CoreError) return { status: 409, title: TITLE, text: sentenceOf(error) };
  log.error({ request_id: requestId, err: error }, 'could not connect a shop');
  return { status: 500, title: TITLE, text: `An error occurred. Quote this number to support: ${requestId}` };
}

/** Returns the message without the field that it begins with: a merchant has filled in no field. */
const sentenceOf = ({ message, field }: CoreError): string => {
  const text =
    field !== undefined && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
};
