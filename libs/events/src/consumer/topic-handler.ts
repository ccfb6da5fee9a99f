import type { CustomerId, KeptFields, MerchantId } from '@core/contracts';
import type { EventClaim, Tx } from '@core/db';
import type { ConsumedRecord } from '../kafka-client.ts';

/** Reads and handles the records of one topic. Its errors decide the outcome of a record, see classify. */
export type TopicHandler<C, E extends { eventId: string } = { eventId: string }> = {
  /** Checks whether a record is acceptable, before any of it is read. Absent: every record is. */
  readonly verify?: VerifyRecord;
  /**
   * Reads and checks a body. A record with a refused body goes to the dead letters alone and does not affect
   * its batch.
   * @throws MalformedEvent, or CoreError invalid_argument
   */
  decode(body: Uint8Array | null): E;
  /**
   * The fields of a body that may be kept while it waits, and in a dead letter. None of them may name a
   * person.
   */
  readonly keeps: KeptFields;
} & (HandleOne<C, E> | HandleMany<C, E>);

/**
 * @throws Unhandleable: the record becomes a dead letter and is recorded nowhere else; CoreError unavailable:
 *   its partition waits
 */
export type VerifyRecord = (record: ConsumedRecord) => Promise<void>;

/** For topics with few records: the events of a batch are handled one by one, in one transaction. */
interface HandleOne<C, E> {
  /** @returns one word for the metrics; undefined: applied */
  handle(tx: Tx, ctx: C, event: E): Promise<EventOutcome | void>;
  /**
   * Whether the handler itself detects, from its stored data, repeated events and reused ids. The inbox is
   * then not used and keeps no digest of the body: for bodies that name a person.
   */
  readonly knowsRepetitions?: true;
  /**
   * For events that must be recorded although they could not be handled. It is called before the dead letter
   * is sent, which no longer has the personal data. It is called again when the record comes again, so it
   * must be idempotent.
   */
  beforeDeadLetter?(tx: Tx, ctx: C, event: E, rejected: RejectedRecord): Promise<unknown>;
  encode?: undefined;
  handleMany?: undefined;
  customerOf?: undefined;
}

/** For topics with many records: a batch takes a few statements. */
interface HandleMany<C, E> {
  handleMany(tx: Tx, deliveries: readonly { ctx: C; event: E }[]): Promise<readonly EventOutcome[]>;
  /**
   * Returns a body that `decode` reads as this event, without personal data, to be stored while the event
   * waits. Rejected: the record's own body, because PostgreSQL may refuse an unread field in it.
   */
  encode(event: E): string;
  /**
   * Returns the merchant and the customer of an event. The event's id is unique within that merchant, and an
   * event with the outcome `unknown` waits for that customer.
   */
  customerOf(event: E): { merchantId: MerchantId; customerId: CustomerId };
  handle?: undefined;
  knowsRepetitions?: undefined;
  beforeDeadLetter?: undefined;
}

/** A record that becomes a dead letter. */
export interface RejectedRecord {
  /** topic/partition/offset. */
  position: string;
  error: unknown;
  /** Field and rule of the error, in words. */
  problem: string;
}

/** One word for the metrics, such as applied; `unknown`: the customer is not known yet. */
export type EventOutcome = string;

/** A record that was decoded. */
export interface Delivery {
  record: Omit<ConsumedRecord, 'timestamp'>;
  /** Its id in rows and logs. */
  eventId: string;
  /** Its key in the inbox. */
  claim: EventClaim;
  event: { eventId: string };
}
