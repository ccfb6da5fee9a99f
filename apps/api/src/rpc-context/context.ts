import type { MerchantId } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ReadRouter } from '@core/reads';
import type { PageTokens, WatchImport } from '@core/domain';
import type { ReportUnreadableEmail } from './emails.ts';
import type { ConsoleToken } from '../auth/console-tokens.ts';
import type { Distribution } from '../install/connect-granted-shop.ts';
import type { InstallApp } from '../install/install-app.ts';
import type { ReportConnect } from '../install/report-connects.ts';
import type { ProveShop } from './prove-shop.ts';
import type { LoadScore } from './score-loader.ts';
import type { TakeTurn } from './turns.ts';

export const SCOPES = [
  'rfm:read',
  'customers:read',
  'customers:write',
  'customers:pii',
  'imports:write',
  'settings:write',
  'privacy:admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** The caller of a call and its rights. */
export interface Caller {
  readonly caller: string;
  readonly scopes: ReadonlySet<Scope>;
  /** The only merchant that the caller may act for; undefined: any. */
  readonly boundTo?: MerchantId;
  /** The only shop that a request of the caller may name; undefined: any of the merchant. */
  readonly boundToShop?: string;
  /** A console token for the caller is bound to this; undefined: it gets none. */
  readonly opens?: Pick<ConsoleToken, 'shop' | 'connection'>;
}

/** The data of a call that every handler receives. */
export interface CallContext extends Caller {
  readonly requestId: string;
  /** The merchant whose rows the call may read and write, validated. */
  readonly merchantId: MerchantId;
  /** Milliseconds since the epoch; Infinity for a stream without one. */
  readonly deadline: number;
  /** Aborted when the caller disconnects or the deadline has passed. */
  readonly signal: AbortSignal;
  /** W3C trace context, if the caller sent a well-formed one. */
  readonly traceparent: string | undefined;
  /** Adds a header to the reply. */
  readonly reply: (name: string, value: string) => void;
}

/** Dependencies of the handlers; each handler names the part it needs. */
export interface Deps {
  /** The primary. */
  readonly pool: Pool;
  readonly reads: ReadRouter;
  readonly loadScore: LoadScore;
  readonly keys: MerchantKeyStore;
  readonly pageTokens: PageTokens;
  readonly watchImport: WatchImport;
  readonly proveShop: ProveShop;
  readonly reportUnreadableEmails: ReportUnreadableEmail;
  readonly distribution: Distribution;
  readonly reportConnect: ReportConnect;
  /** Limits the pages of exports that are prepared at once. */
  readonly takeExportTurn: TakeTurn;
  /** Undefined when the app's credentials or its public address are not configured. */
  readonly installApp: InstallApp | undefined;
  /** Aborted when the server shuts down. */
  readonly stopping: AbortSignal;
}
