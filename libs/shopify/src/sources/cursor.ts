import { isJsonObject } from '@core/contracts';
import { CursorLost } from '../answers/errors.ts';
import type { PageCursor } from './page-cursor.ts';

/** Replies to the requests of an interrupted plan: digests of the requests, and the data received. */
export interface PlanCursor {
  kind: 'plan';
  answers: [digest: string, data: Record<string, unknown>][];
}

export interface GraphqlCursor extends PageCursor {
  kind: 'graphql';
}

export interface RestCursor {
  kind: 'rest';
  /** The shop's currency, which REST does not report. */
  currency: string;
  /** Null on the first page. */
  page: PageCursor | null;
}

export interface BulkCursor {
  kind: 'bulk';
  /** gid://shopify/BulkOperation/7; null: not started yet. */
  operation: string | null;
  /** Lines and bytes of the operation's file that are stored. */
  line: number;
  byte: number;
  /** Number of times the operation was polled. */
  polls: number;
  /** Operations of this slice that produced no complete file. */
  failures: number;
  /** When the URL of the file expires, RFC 3339. For operators who inspect a paused slice. */
  expires?: string;
  /** Set when the slice is read in pages instead: the cursor of the page chain; null for its first page. */
  pages?: GraphqlCursor | null;
}

/** The shop's second count, kept for the decision on the run's outcome. */
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

/**
 * The position of a slice, by the kind of work. All kinds share one column; only `writeCursor` and
 * `readCursor` know the stored form.
 */
export type Cursor = Cursors[keyof Cursors];

/**
 * Returns the stored form of a cursor. Builds that know no kinds run beside this one and read its cursors. A
 * plan therefore stays a bare list, a count stays a bare number (SQL casts it), and the page cursor within a
 * bulk cursor stays a separate text.
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

/** Cursors are recognized by their form, not by `kind` alone: cursors of earlier builds have no `kind`. */
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
 * Parses a stored cursor of the given kind.
 * @param stored null: the slice has no cursor yet
 * @throws CursorLost for a cursor of another kind: the slice restarts, which writes nothing twice
 */
export function readCursor<Kind extends keyof Cursors>(
  kind: Kind,
  stored: string | null,
): Cursors[Kind] | null {
  if (stored === null) return null;
  const cursor = FORMS[kind](parse(stored));
  if (!cursor) throw new CursorLost(`the cursor is not of the kind ${kind}`);
  return cursor;
}

function parse(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
