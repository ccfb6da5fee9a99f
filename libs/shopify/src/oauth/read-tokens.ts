import { UnusableAnswer } from '../answers/errors.ts';

export interface NewTokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
}

/** The tokens of a reply. Both are undefined for a permanent access token. */
export type GrantedPair = NewTokens | { accessToken: string; refreshToken: undefined; expiresAt: undefined };

/**
 * Maximum lifetime of a token. A later expiry would exceed the storable dates and fail each page of the shop.
 */
const LONGEST_LIFE_S = 100 * 365 * 86_400;

/**
 * Reads the tokens of a reply. An access token that expires without a refresh token is not usable: the shop
 * would be lost after an hour.
 * @param asked the time of the request in milliseconds since the epoch
 * @throws UnusableAnswer
 */
export function readGrantedPair(reply: Record<string, unknown>, asked: number): GrantedPair {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = reply;
  if (!isText(accessToken)) throw noTokens();
  if (refreshToken == null && seconds == null) {
    return { accessToken, refreshToken: undefined, expiresAt: undefined };
  }
  if (!isText(refreshToken) || typeof seconds !== 'number' || !(seconds > 0)) throw noTokens();
  return {
    accessToken,
    refreshToken,
    expiresAt: new Date(asked + Math.min(seconds, LONGEST_LIFE_S) * 1_000),
  };
}

/**
 * Reads the tokens of a reply that renews an expiring token.
 * @throws UnusableAnswer also for a permanent access token
 */
export function readTokens(reply: Record<string, unknown>, asked: number): NewTokens {
  const pair = readGrantedPair(reply, asked);
  if (pair.refreshToken === undefined) throw noTokens();
  return pair;
}

const noTokens = () => new UnusableAnswer('other_form', 'the reply has no tokens');
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
