import { isJsonObject } from '@core/contracts';
import { CursorLost } from '../answers/errors.ts';
import type { PageCursor } from './page-cursor.ts';

/** Answers to the requests of a plan that was cut off: digests of what was asked, and what came. */
export interface PlanCursor {
  kind: 'plan';
  answers: [digest: string, data: Record<string, unknown>][];
}

export interface GraphqlCursor extends PageCursor {
  kind: 'graphql';
}

export interface RestCursor {
  kind: 'rest';
  /** The shop's, which REST does not tell. */
  currency: string;
  /** Null on the first page. */
  page: PageCursor | null;
}

export interface BulkCursor {
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
  /** Set when the slice is read by pages instead: its cursor there; null for its first page. */
  pages?: GraphqlCursor | null;
}

/** The shop's count anew, kept for the judgement of the run. */
export interface VerifyCursor {
  kind: 'verify';
  count: number;
}

export interface Cursors {
  plan: PlanCursor;
  graphql: GraphqlCursor;
  rest: RestCursor;
  bulk: BulkCursor;
  verify: VerifyCursor;
}

/** Where a slice stands, by what works on it. All kinds share one column: `writeCursor` and `readCursor` alone know how. */
export type Cursor = Cursors[keyof Cursors];

/**
 * The form in which a cursor is stored. Builds that know no kinds run beside this one and read what it writes: a plan stays
 * a bare list, a count a bare number (SQL casts it), and the pages within a bulk cursor stay a text of their own.
 */
export function writeCursor(cursor: Cursor): string {
  switch (cursor.kind) {
    case 'plan':
      return JSON.stringify(cursor.answers);
    case 'verify':
      return String(cursor.count);
    case 'bulk':
      return JSON.stringify(cursor.pages ? { ...cursor, pages: writeCursor(cursor.pages) } : cursor);
    default:
      return JSON.stringify(cursor);
  }
}

type Form<Kind extends keyof Cursors> = (stored: unknown) => Cursors[Kind] | false;

/** By their form and not by `kind` alone: cursors that an earlier build stored have none. */
const FORMS: { [Kind in keyof Cursors]: Form<Kind> } = {
  plan: (stored) => Array.isArray(stored) && { kind: 'plan', answers: stored as PlanCursor['answers'] },
  graphql: (stored) =>
    is(stored, 'graphql') &&
    typeof stored['at'] === 'string' && { ...(stored as unknown as GraphqlCursor), kind: 'graphql' },
  rest: (stored) =>
    is(stored, 'rest') &&
    typeof stored['currency'] === 'string' && { ...(stored as unknown as RestCursor), kind: 'rest' },
  bulk: (stored) => is(stored, 'bulk') && 'operation' in stored && readBulk(stored),
  verify: (stored) => typeof stored === 'number' && { kind: 'verify', count: stored },
};

const is = (stored: unknown, kind: string): stored is Record<string, unknown> =>
  isJsonObject(stored) && (stored['kind'] ?? kind) === kind;

function readBulk({ pages, ...stored }: Record<string, unknown>): BulkCursor {
  const cursor = { ...(stored as unknown as BulkCursor), kind: 'bulk' as const };
  if (pages === undefined) return cursor;
  return { ...cursor, pages: readCursor('graphql', pages as string | null) };
}

/**
 * @param stored null: the slice has no cursor yet
 * @throws CursorLost for a cursor of another kind: the slice begins anew, which writes nothing twice
 */
export function readCursor<Kind extends keyof Cursors>(
  kind: Kind,
  stored: string | null,
): Cursors[Kind] | null {
  if (stored === null) return null;
  const cursor = FORMS[kind](parse(stored));
  if (!cursor) throw new CursorLost(`a cursor that is none of the kind ${kind}`);
  return cursor;
}

function parse(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
