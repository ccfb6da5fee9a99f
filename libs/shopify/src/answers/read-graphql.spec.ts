import { readGraphql } from './read-graphql.ts';
import {
  CursorLost,
  CustomersWithheld,
  EmailsWithheld,
  QueryTooExpensive,
  ShopifyRejected,
  ShopifyTimeout,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  UnusableAnswer,
} from './errors.ts';

const cost = (available: number) => ({
  cost: {
    requestedQueryCost: 37,
    actualQueryCost: null,
    throttleStatus: { maximumAvailable: 2000, currentlyAvailable: available, restoreRate: 100 },
  },
});
const http = (status: number, body: unknown = {}, retryAfter: string | null = null) => ({
  status,
  headers: new Headers(retryAfter === null ? {} : { 'retry-after': retryAfter }),
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const failing = (code: string, message = 'secret.person@example.com') => ({
  errors: [{ message, extensions: { code } }],
});
const thrownBy = (reply: ReturnType<typeof http>): Error => {
  try {
    readGraphql(reply, 0);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

describe('readGraphql', () => {
  it('returns data and cost of a successful reply', () => {
    expect(readGraphql(http(200, { data: { a: 1 }, extensions: cost(1500) }), 0)).toEqual({
      data: { a: 1 },
      cost: { requested: 37, available: 1500, maximum: 2000, restoreRate: 100 },
    });
  });

  it.each([
    ['no extensions', undefined],
    ['no throttle status', { cost: { requestedQueryCost: 37 } }],
    [
      'a rate of zero',
      { cost: { ...cost(1).cost, throttleStatus: { ...cost(1).cost.throttleStatus, restoreRate: 0 } } },
    ],
  ])('accepts a reply without a readable cost: %s', (_case, extensions) => {
    expect(readGraphql(http(200, { data: {}, extensions }), 0).cost).toBeNull();
  });

  it.each([
    ['401', http(401), Unauthorized],
    ['429', http(429), ShopifyUnavailable],
    ['500', http(500), ShopifyUnavailable],
    ['503 of a proxy', http(503, '<html>'), ShopifyUnavailable],
    ['a body cut short', http(200, '{"data":{"cust'), ShopifyUnavailable],
    ['no data', http(200, {}), ShopifyUnavailable],
    ['402', http(402), ShopifyRejected],
    ['403', http(403), ShopifyRejected],
    ['404', http(404), ShopifyRejected],
    ['THROTTLED', http(200, { ...failing('THROTTLED'), extensions: cost(7) }), Throttled],
    ['THROTTLED without figures', http(200, failing('THROTTLED')), ShopifyUnavailable],
    ['INTERNAL_SERVER_ERROR', http(200, failing('INTERNAL_SERVER_ERROR')), ShopifyUnavailable],
    ['ACCESS_DENIED', http(200, failing('ACCESS_DENIED')), ShopifyRejected],
    ['MAX_COST_EXCEEDED', http(200, failing('MAX_COST_EXCEEDED')), QueryTooExpensive],
    ['TIMEOUT', http(200, failing('TIMEOUT')), ShopifyTimeout],
    ['504', http(504), ShopifyTimeout],
    ['an invalid cursor', http(200, failing('BAD_REQUEST', 'Invalid cursor for current sort.')), CursorLost],
    ['an unknown code', http(200, failing('ELSE')), ShopifyRejected],
    ['data beside an error', http(200, { data: { a: 1 }, ...failing('ELSE') }), ShopifyRejected],
  ])('%s', (_case, reply, kind) => {
    const error = thrownBy(reply);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).not.toContain('person');
  });

  it.each<[string, string, UnusableAnswer['what']]>([
    ['a web page', '<!DOCTYPE html><html><body>Opening soon</body></html>', 'web_page'],
    ['a web page after blanks', '\n  <html>', 'web_page'],
    ['nothing', '', 'empty'],
    ['blanks', ' \n', 'empty'],
    ['a body cut short', '{"data":{"cust', 'cut_short'],
    ['a text', '"ok"', 'other_form'],
    ['null', 'null', 'other_form'],
    ['a list', '[{"data":{}}]', 'other_form'],
    ['an object without data', '{}', 'other_form'],
    ['no data', '{"data":null}', 'other_form'],
    ['data that is a list', '{"data":[]}', 'other_form'],
    ['data that is a text', '{"data":"person@example.com"}', 'other_form'],
    ['no errors', '{"errors":[],"data":null}', 'other_form'],
  ])('reports an unusable answer for %s with a 2xx status', (_case, body, what) => {
    for (const status of [200, 202, 204]) {
      const error = thrownBy(http(status, body));
      expect(error).toBeInstanceOf(UnusableAnswer);
      expect(error).toMatchObject({ what });
      expect(error.message).not.toContain('person');
    }
  });

  it.each<[string, unknown, new (...args: never[]) => Error, RegExp]>([
    [
      'an invalid key',
      '[API] Invalid API key or access token (unrecognized login or wrong password)',
      Unauthorized,
      /access token/,
    ],
    ['a frozen shop', 'Unavailable Shop', ShopifyRejected, /frozen .* resume/],
    ['a locked shop', 'This shop is locked', ShopifyRejected, /locked/],
    ['an unknown shop', 'Not Found', ShopifyRejected, /not know this shop/],
    [
      'a scope that is missing',
      '[API] This action requires merchant approval for read_customers scope.',
      ShopifyRejected,
      /read_customers/,
    ],
    [
      'data that is protected',
      'This app is not approved to access the Customer object',
      ShopifyRejected,
      /level 1/,
    ],
    ['a limit', 'Exceeded 2 calls per second for api client.', ShopifyUnavailable, /throttled/],
    ['something else', 'no such person@example.com', ShopifyRejected, /rejected the request \(no code\)/],
    ['an object of texts', { base: ['Unavailable Shop'] }, ShopifyRejected, /frozen/],
    ['a list of texts', ['Not Found'], ShopifyRejected, /not know this shop/],
    ['a list of nothing', [null], ShopifyRejected, /no code/],
    ['a malformed error', [{ message: 7, path: 'x', extensions: null }], ShopifyRejected, /no code/],
    ['an invalid code', [{ extensions: { code: 'person@example.com' } }], ShopifyRejected, /no code/],
  ])('reads errors in other forms than a list of objects: %s', (_case, errors, kind, words) => {
    for (const data of [undefined, null, { customers: {} }]) {
      const error = thrownBy(http(200, { errors, data }));
      expect(error).toBeInstanceOf(kind);
      expect(error.message).toMatch(words);
      expect(error.message).not.toContain('person');
    }
  });

  it.each([400, 402, 403, 404, 406, 410, 422, 423])(
    'tells the merchant what to do for status %i',
    (status) => {
      const error = thrownBy(http(status, '<html>person</html>'));
      expect(error).toBeInstanceOf(ShopifyRejected);
      expect(error.message).toMatch(/[Rr]esume the import/);
      expect(error.message).not.toContain('person');
    },
  );

  it('ignores a malformed cost', () => {
    for (const extensions of [null, 'x', [], { cost: null }, { cost: { throttleStatus: 7 } }]) {
      expect(readGraphql(http(200, { data: {}, extensions }), 0)).toEqual({ data: {}, cost: null });
    }
  });

  it('returns the delay that Shopify requires', () => {
    expect(thrownBy(http(429, {}, '2.0'))).toMatchObject({ retryAfterMs: 2_000 });
    expect(thrownBy(http(503))).toMatchObject({ retryAfterMs: null });
    // A full bucket without a Retry-After header.
    expect(thrownBy(http(429))).toMatchObject({ retryAfterMs: 1_000 });
    expect(thrownBy(http(200, failing('THROTTLED')))).toMatchObject({ retryAfterMs: 1_000 });
    const throttled = thrownBy(http(200, { ...failing('THROTTLED'), extensions: cost(7) }));
    expect(throttled).toMatchObject({ waitMs: 300, cost: { available: 7 } });
  });

  it.each([
    ['the type', { path: ['customers'] }, /level 1, and level 2 for the field email/],
    ['the email', { path: ['customers', 'nodes', 0, 'defaultEmailAddress'] }, /level 2, for the field email/],
    ['the scope', { message: 'Required access: `read_customers` access scope.' }, /read_customers/],
  ])('names the approval to request: %s', (_case, error, words) => {
    const denied = { errors: [{ ...error, extensions: { code: 'ACCESS_DENIED' } }] };
    expect(thrownBy(http(200, denied)).message).toMatch(words);
  });

  const FIELD = 'This app is not approved to use the email field. See https://example.com for more details.';
  it.each<[string, unknown, new (...args: never[]) => Error]>([
    ['the field, without a code', { path: ['nodes', 3, 'defaultEmailAddress'] }, EmailsWithheld],
    ['a part of the field', { path: ['nodes', 3, 'defaultEmailAddress', 'emailAddress'] }, EmailsWithheld],
    ['the field, without a path', {}, EmailsWithheld],
    ['the field, with a code alone', { extensions: { code: 'ACCESS_DENIED' } }, EmailsWithheld],
    ['the type, without a code', { path: ['customers'] }, CustomersWithheld],
  ])('tells withheld emails from withheld customers: %s', (_case, error, kind) => {
    const truncated = { message: 'Too many execution errors, max error limit reached. Results truncated' };
    const errors = [{ message: FIELD, ...(error as object) }, truncated];
    expect(thrownBy(http(200, { data: { nodes: [] }, errors }))).toBeInstanceOf(kind);
  });

  it('names the approval for REST as well', () => {
    const body = {
      errors: '[API] This app is not approved to access REST endpoints with protected customer data.',
    };
    expect(thrownBy(http(403, body)).message).toMatch(/level 1/);
    expect(thrownBy(http(403)).message).toMatch(/denies this app access/);
  });
});
