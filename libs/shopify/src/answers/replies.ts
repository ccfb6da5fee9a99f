import type { QueryCost } from './errors.ts';

/** An answer of the Admin API as it came. */
export interface HttpReply {
  status: number;
  headers: Headers;
  body: string;
}

export interface GraphqlReply {
  data: Record<string, unknown>;
  cost: QueryCost | null;
}

export interface RestReply {
  body: Record<string, unknown>;
  headers: Headers;
  cost: QueryCost | null;
}
