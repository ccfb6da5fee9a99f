import { randomUUID } from 'node:crypto';
import { Consistency, ImportMode, ImportSource } from '@core/contracts';
import { bearer, createIssuer, seeded, type TokenIssuer } from '@core/testing';
import { METHODS } from '../src/methods.ts';
import type { Method } from '../src/method.ts';
import { foreignNames, isForeign, type Belongings, type World } from './cross-merchant-world.ts';
import type { Call } from './identity-support.ts';

export interface Fuzz {
  world: World;
  issuer: TokenIssuer;
  /** The ports; each call uses a random one. */
  ports: readonly Call[];
  /** Downloads the errors of an import by GET. @returns the text, or throws as a Call does */
  download: (merchantId: string, importId: string, headers: Record<string, string>) => Promise<string>;
  rfmThresholds: unknown;
  calls: number;
  seed: number;
}

export interface Findings {
  /**
   * Calls that showed data of another merchant, or that were admitted although they should have been refused.
   */
  leaks: string[];
  /** Number of calls by rpc and outcome, such as GetCustomer 0. */
  outcomes: Map<string, number>;
  /** Number of calls that named data of another merchant. */
  forged: number;
}

const CONCURRENCY = 32;
const MAX_LEAKS = 20;
const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;
const INVALID_ARGUMENT = 3;

/**
 * Calls every rpc as merchants, as services and without a valid identity. Ids, page tokens, shops, emails and
 * tokens of other merchants are mixed into the requests. The seed decides everything except what earlier
 * replies have added: page tokens and new customers.
 */
export async function fuzzMerchants(fuzz: Fuzz): Promise<Findings> {
  const { world, issuer, ports, download, calls, seed } = fuzz;
  const findings: Findings = { leaks: [], outcomes: new Map(), forged: 0 };
  const random = seeded(seed);
  const otherIssuer = createIssuer();
  const randomBelow = (n: number) => Math.floor(random() * n);
  const pick = <T>(of: readonly T[]): T => of[randomBelow(of.length)]!;
  /** Returns a value of the requested merchant half of the time, else of any merchant. */
  const some = (requested: Belongings, kind: keyof Belongings): string => {
    const from = random() < 0.5 ? requested : pick(world.merchants);
    if (from !== requested) findings.forged++;
    return pick([from[kind]].flat()) ?? '';
  };
  const id = (requested: Belongings, kind: 'customerIds' | 'importIds'): string => {
    const chance = random();
    if (chance < 0.05) return randomUUID();
    return chance < 0.1 ? some(requested, kind).toUpperCase() : some(requested, kind);
  };
  const modified = (token: string) => {
    const at = randomBelow(token.length);
    return token.slice(0, at) + pick([...'Aa0_-']) + token.slice(at + 1);
  };

  const fields: Record<string, (requested: Belongings, method: Method) => unknown> = {
    merchantId: ({ merchantId }) => (random() < 0.9 ? merchantId : merchantId.toUpperCase()),
    customerId: (requested) => id(requested, 'customerIds'),
    customerIds: (requested) =>
      Array.from({ length: 1 + randomBelow(20) }, () => id(requested, 'customerIds')),
    importId: (requested) => id(requested, 'importIds'),
    requestId: (requested, { desc }) => {
      // The caller of this rpc chooses the id: two merchants may use the same one for their own requests.
      if (desc.name === 'RequestErasure') return pick([...requested.requestIds, randomUUID()]);
      return random() < 0.3 ? '' : some(requested, 'requestIds');
    },
    // An email that is written for a merchant is its own, even if another merchant has the same one.
    email: (requested, { scope }) => {
      if (random() < 0.2) return 'ada@example.com';
      return scope === 'customers:write' ? pick(requested.emails) : some(requested, 'emails');
    },
    externalId: (requested) => (random() < 0.5 ? undefined : pick(requested.externalIds)),
    metadata: ({ merchantId }) => ({ by: merchantId }),
    shop: (requested) => some(requested, 'shops'),
    newShop: (requested) => some(requested, 'shops'),
    reason: () => pick(['', 'email_shared', 'invalid_email']),
    pageSize: () => 1 + randomBelow(8),
    pageToken: (requested) => {
      const token = random() < 0.3 ? '' : some(requested, 'pageTokens');
      return random() < 0.2 ? modified(token) : token;
    },
    consistency: () => pick([Consistency.MINIMIZE_LATENCY, Consistency.STRONG]),
    filter: () => (random() < 0.5 ? undefined : { segment: 'LOYAL' }),
    accessToken: () => 'shpat_token',
    source: () => ImportSource.REST,
    mode: () => ImportMode.FULL,
    cron: () => '0 3 * * *',
    timeZone: () => 'Europe/Berlin',
    enabled: () => random() < 0.5,
    rfmThresholds: () => fuzz.rfmThresholds,
    etag: () => String(randomBelow(5)),
  };
  const requestOf = (method: Method, requested: Belongings): Record<string, unknown> =>
    Object.fromEntries(
      method.desc.input.fields.flatMap(({ localName }) => {
        const value = fields[localName]?.(requested, method);
        return value === undefined ? [] : [[localName, value]];
      }),
    );

  /**
   * Returns the headers of a caller for the merchant `requested`; `refused` is the code it receives if it
   * may not call.
   */
  const callerFor = (requested: Belongings): { headers: Record<string, string>; refused?: number } => {
    const chance = random();
    const other = pick(world.merchants.filter((each) => each !== requested));
    if (chance < 0.6) return { headers: bearer(requested.token) };
    if (chance < 0.8) return { headers: bearer(world.token) };
    if (chance < 0.95) return { headers: bearer(other.token), refused: PERMISSION_DENIED };
    const { merchantId: merchant_id } = requested;
    const [head, , signature] = other.token.split('.');
    const token = pick([
      '',
      otherIssuer.token({ merchant_id }),
      otherIssuer.token({ merchant_id }, { kid: issuer.key.kid }),
      // A token of another merchant with our merchant written into it.
      `${head}.${issuer.token({ merchant_id }).split('.')[1]}.${signature}`,
    ]);
    return { headers: token === '' ? {} : bearer(token), refused: UNAUTHENTICATED };
  };

  const leak = (what: string) => void findings.leaks.push(what);

  const callOnce = async (): Promise<void> => {
    const requested = pick(world.merchants);
    const method = randomBelow(20) === 0 ? undefined : pick(METHODS);
    const name = method?.desc.name ?? 'import-errors.csv';
    const { headers, refused } = callerFor(requested);
    const request = method ? requestOf(method, requested) : { importId: id(requested, 'importIds') };
    let code = 0;
    let shown: string[];
    try {
      const reply = method
        ? await pick(ports)(method, request, headers)
        : await download(requested.merchantId, String(request['importId']), headers);
      recordReply(world, requested, reply);
      shown = foreignNames(world, requested.merchantId, textOf(found(reply)));
      for (const [field, value] of Object.entries(request)) {
        if (NAMING.has(field) && !isEmpty(reply) && isForeign(world, requested.merchantId, value))
          leak(`${name} accepted another merchant's ${field}`);
      }
    } catch (error) {
      const refusal = error as { code?: number; message: string; metadata?: unknown };
      if (refusal.code === undefined) throw error;
      code = refusal.code;
      // The error may repeat values of the request.
      const sent = textOf(request).toLowerCase();
      const text = `${refusal.message} ${textOf(refusal.metadata)}`;
      shown = foreignNames(world, requested.merchantId, text).filter(
        (each) => !sent.includes(each.toLowerCase()),
      );
    }
    if (shown.length > 0) leak(`${name} ${code} showed ${shown.join(', ')}`);
    const key = `${name} ${code}`;
    findings.outcomes.set(key, (findings.outcomes.get(key) ?? 0) + 1);
    const asExpected =
      refused === undefined ? code !== UNAUTHENTICATED && code !== PERMISSION_DENIED : code === refused;
    // A caller that may not call sees at most that the request is invalid.
    if (!asExpected && !(refused === PERMISSION_DENIED && code === INVALID_ARGUMENT)) {
      leak(`${name} ended with ${code}, expected ${refused ?? 'to be admitted'}`);
    }
  };

  let left = calls;
  const loop = async () => {
    while (left-- > 0 && findings.leaks.length < MAX_LEAKS) await callOnce();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, loop));
  return findings;
}

/** Fields whose values belong to one merchant only. */
const NAMING = new Set(['customerId', 'importId', 'requestId', 'shop', 'newShop', 'pageToken']);

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each)) ?? '';

/** Returns whether the reply is an empty list: the values that narrowed it may belong to another merchant. */
const isEmpty = (reply: unknown): boolean => {
  const lists = Object.values(reply as object).filter(Array.isArray);
  return lists.length > 0 && lists.every(({ length }) => length === 0);
};

/**
 * Omits the ids that a batch did not find: the reply repeats them from the request and reveals nothing about
 * them.
 */
const found = (reply: unknown): unknown => {
  const { results } = reply as { results?: { found: boolean }[] };
  return results ? results.filter((each) => each.found) : reply;
};

const MAX_TOKENS = 50;

/** Stores what a reply adds to the requested merchant: a new customer, a page token. */
function recordReply({ owners }: World, requested: Belongings, reply: unknown): void {
  const { customerId, created, nextPageToken } = reply as Record<string, unknown>;
  if (created === true && typeof customerId === 'string') {
    owners.set(customerId, requested.merchantId);
    requested.customerIds.push(customerId);
  }
  if (typeof nextPageToken === 'string' && nextPageToken !== '') {
    owners.set(nextPageToken, requested.merchantId);
    requested.pageTokens.unshift(nextPageToken);
    requested.pageTokens.length = Math.min(requested.pageTokens.length, MAX_TOKENS);
  }
}
