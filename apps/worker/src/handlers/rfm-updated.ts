import { timestampDate } from '@bufbuild/protobuf/wkt';
import { decodeEvent, eventText, RfmUpdatedSchema } from '@core/contracts';
import type { Tx } from '@core/db';
import { applyRfmScores, checkRfmScore, type ApplyRfmScore, type CommandContext } from '@core/domain';
import { invalid } from '@core/runtime';
import { uuid } from './uuid.ts';

/** The maximum length of a segment name in the settings. */
const LONGEST_SEGMENT = 64;

type RfmUpdated = ApplyRfmScore & { eventId: string };

export const rfmUpdated = {
  /** @throws MalformedEvent; CoreError invalid_argument naming the field */
  decode(body: Uint8Array | null): RfmUpdated {
    const { eventId, merchantId, customerId, rfmScore } = decodeEvent(RfmUpdatedSchema, body);
    if (!rfmScore) throw invalid('rfm_score', 'is required');
    const { recency, frequency, monetary, segment, asOf, sequence, configVersion } = rfmScore;
    if (!asOf) throw invalid('rfm_score.as_of', 'is required');
    const event = {
      eventId,
      merchantId: uuid('merchant_id', merchantId),
      customerId: uuid('customer_id', customerId),
      score: {
        recency,
        frequency,
        monetary,
        segment: eventText('rfm_score.segment', segment, LONGEST_SEGMENT),
        asOf: timestampDate(asOf),
        sequence,
        configVersion,
      },
    };
    checkRfmScore(event);
    return event;
  },

  handleMany: (tx: Tx, deliveries: readonly { ctx: CommandContext; event: RfmUpdated }[]) =>
    applyRfmScores(
      tx,
      deliveries.map(({ ctx, event }) => ({ ctx, input: event })),
    ),

  /** The score may come before the import that makes its customer. */
  customerOf: ({ merchantId, customerId }: RfmUpdated) => ({ merchantId, customerId }),
};
