import type { QueryCost } from './errors.ts';

/** A raw reply of the Admin API. */
export interface HttpReply {
  status: number;
  headers: Headers;
  body: string;
}

export interface GraphqlReply {
  data: Record<string, unknown>;
  /** When Shopify answered, by its own clock, in whole seconds; absent when the reply does not tell. */
  answeredAt?: Date;
  cost: QueryCost | null;
}

export interface RestReply {
  body: Record<string, unknown>;
  headers: Headers;
  cost: QueryCost | null;
}
