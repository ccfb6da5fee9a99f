import { readRfmUpdated, writeRfmUpdated, type InboundScore } from '@core/contracts';
import type { Tx } from '@core/db';
import { applyRfmScores, checkRfmScore, type CommandContext } from '@core/domain';

export const rfmUpdated = {
  /** @throws MalformedEvent; CoreError invalid_argument naming the field */
  decode(body: Uint8Array | null): InboundScore {
    const event = readRfmUpdated(body);
    checkRfmScore(event);
    return event;
  },

  encode: writeRfmUpdated,

  handleMany: (tx: Tx, deliveries: readonly { ctx: CommandContext; event: InboundScore }[]) =>
    applyRfmScores(
      tx,
      deliveries.map(({ ctx, event }) => ({ ctx, input: event })),
    ),

  /**
   * A score whose customer is unknown is deferred: it waits for that customer, and becomes a dead letter
   * after RFM_UNKNOWN_WAIT.
   */
  customerOf: ({ merchantId, customerId }: InboundScore) => ({ merchantId, customerId }),
};
