import { isJsonObject } from '@core/contracts';
import { CursorLost } from '../answers/errors.ts';
import type { PageCursor } from './page-cursor.ts';

/** Answers to the requests of a plan that was cut off: digests of what was asked, and what came. */
export interface PlanPlace {
  kind: 'plan';
  answers: [digest: string, data: Record<string, unknown>][];
}

export interface GraphqlPlace extends PageCursor {
  kind: 'graphql';
}

export interface RestPlace {
  kind: 'rest';
  /** The shop's, which REST does not tell. */
  currency: string;
  /** Null on the first page. */
  page: PageCursor | null;
}

export interface BulkPlace {
  kind: 'bulk';
  /** gid://shopify/BulkOperation/7; null: to be started. */
  operation: string | null;
  /** Lines and bytes of its file that are stored. */
  line: number;
  byte: number;
  /** Times it was asked whether the file is there. */
  polls: number;
  /** Operations of this slice that gave no whole file. */
  failures: number;
  /** When the URL of the file ends, RFC 3339: for whoever looks at a paused slice. */
  expires?: string;
  /** Set when the slice is read by pages instead: the place there; null for its first page. */
  pages?: GraphqlPlace | null;
}

/** The shop's count anew, kept for the judgement of the run. */
export interface VerifyPlace {
  kind: 'verify';
  count: number;
}

export interface Places {
  plan: PlanPlace;
  graphql: GraphqlPlace;
  rest: RestPlace;
  bulk: BulkPlace;
  verify: VerifyPlace;
}

/** Where a slice stands, by what works on it. All kinds share one column: `writePlace` and `readPlace` alone know how. */
export type Place = Places[keyof Places];

/**
 * The form in which a place is stored. Builds that know no kinds run beside this one and read what it writes: a plan stays
 * a bare list, a count a bare number (SQL casts it), and the pages within a bulk place stay a text of their own.
 */
export function writePlace(place: Place): string {
  switch (place.kind) {
    case 'plan':
      return JSON.stringify(place.answers);
    case 'verify':
      return String(place.count);
    case 'bulk':
      return JSON.stringify(place.pages ? { ...place, pages: writePlace(place.pages) } : place);
    default:
      return JSON.stringify(place);
  }
}

type Form<Kind extends keyof Places> = (stored: unknown) => Places[Kind] | false;

/** By their form and not by `kind` alone: what an earlier build stored has none. */
const FORMS: { [Kind in keyof Places]: Form<Kind> } = {
  plan: (stored) => Array.isArray(stored) && { kind: 'plan', answers: stored as PlanPlace['answers'] },
  graphql: (stored) =>
    is(stored, 'graphql') &&
    typeof stored['at'] === 'string' && { ...(stored as unknown as GraphqlPlace), kind: 'graphql' },
  rest: (stored) =>
    is(stored, 'rest') &&
    typeof stored['currency'] === 'string' && { ...(stored as unknown as RestPlace), kind: 'rest' },
  bulk: (stored) => is(stored, 'bulk') && 'operation' in stored && readBulk(stored),
  verify: (stored) => typeof stored === 'number' && { kind: 'verify', count: stored },
};

const is = (stored: unknown, kind: string): stored is Record<string, unknown> =>
  isJsonObject(stored) && (stored['kind'] ?? kind) === kind;

function readBulk({ pages, ...stored }: Record<string, unknown>): BulkPlace {
  const place = { ...(stored as unknown as BulkPlace), kind: 'bulk' as const };
  if (pages === undefined) return place;
  return { ...place, pages: readPlace('graphql', pages as string | null) };
}

/**
 * @param stored null: the slice has no place yet
 * @throws CursorLost for a place of another kind: the slice begins anew, which writes nothing twice
 */
export function readPlace<Kind extends keyof Places>(kind: Kind, stored: string | null): Places[Kind] | null {
  if (stored === null) return null;
  const place = FORMS[kind](parse(stored));
  if (!place) throw new CursorLost(`a place that is none of the kind ${kind}`);
  return place;
}

function parse(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
