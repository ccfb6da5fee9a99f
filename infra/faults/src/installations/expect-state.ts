import { REDACT_WAIT } from './life.ts';

/** The facts of a life so far, as Shopify and the merchant know them. Installations are counted from 1. */
export interface Facts {
  /** The last installation in which the merchant has connected the shop, so that a token was granted. */
  connected: number;
  /** The merchant has disconnected it since. */
  disconnected: boolean;
  uninstalled: Set<number>;
  /** Installations whose app/uninstalled was answered 200. */
  reported: Set<number>;
  /** Installations whose shop/redact was answered 200, and the hour of the first answer. */
  redacted: Map<number, number>;
  /** Uninstalls with another one, or the next connection, within ten minutes, or nearly. */
  close: Set<number>;
  /** All customers were stored since the last time that data was removed. */
  imported: boolean;
}

/** The state that the service must have once it is idle. */
export interface ExpectedState {
  /** any: the service cannot know that the app was uninstalled, or a redaction may have begun. */
  shop: 'connected' | 'disconnected' | 'uninstalled' | 'unknown' | 'any';
  /** any: none were imported, or not completely. */
  customers: 'all' | 'none' | 'any';
}

/** The redaction may begin before its wait has passed by the hours of the life: real time passes as well. */
const MARGIN = 2;

/** Whether the data of the last connection is removed by now: by its redaction, or by a later one. */
export function isRedacted(facts: Facts, hours: number): 'no' | 'maybe' | 'yes' {
  const { connected, redacted } = facts;
  const first = Math.min(...[...redacted].filter(([of]) => of >= connected).map(([, at]) => at));
  if (isAmbiguous(facts)) return 'maybe';
  if (hours - first >= REDACT_WAIT) return 'yes';
  return hours - first >= REDACT_WAIT - MARGIN ? 'maybe' : 'no';
}

/**
 * Whether a redaction may be taken for that of another uninstall: when the webhook of one was lost, and
 * another uninstall or the next connection followed within ten minutes. shop/redact names no installation,
 * and Shopify does not document how exact its 48 hours are, so times do not tell them apart. The service then
 * may remove the data of a shop that has left earlier or later. It never removes the data of a connected
 * shop.
 */
const isAmbiguous = ({ connected, uninstalled, reported, redacted, close }: Facts): boolean =>
  uninstalled.has(connected) && redacted.size > 0 && [...close].some((of) => !reported.has(of));

/**
 * Returns the state in which the service must be. It repeats the rules of the service independently: the data
 * belongs to the last installation that was connected, and stays until the redaction of that installation. An
 * earlier redaction that arrives after a later installation changes nothing.
 */
export function expectState(facts: Facts, hours: number): ExpectedState {
  const { connected, disconnected, uninstalled, reported, imported } = facts;
  const redacted = isRedacted(facts, hours);
  if (connected === 0 || redacted === 'yes') return { shop: 'unknown', customers: 'none' };
  if (redacted === 'maybe') return { shop: 'any', customers: 'any' };
  const customers = imported ? 'all' : 'any';
  // An uninstall does not lift the merchant's decision.
  if (disconnected) return { shop: 'disconnected', customers };
  if (!uninstalled.has(connected)) return { shop: 'connected', customers };
  return { shop: reported.has(connected) ? 'uninstalled' : 'any', customers };
}
