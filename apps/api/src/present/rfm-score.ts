import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { RfmScoreSchema } from '@core/contracts';
import type { StoredRfmScore } from '@core/db';

/** A stored score as the API shows it; undefined while there is none. */
export const presentScore = (
  stored: StoredRfmScore | null,
): MessageInitShape<typeof RfmScoreSchema> | undefined =>
  stored
    ? {
        recency: stored.recency,
        frequency: stored.frequency,
        monetary: stored.monetary,
        score: stored.score,
        segment: stored.segment,
        previousSegment: stored.previous_segment,
        asOf: timestampFromDate(new Date(stored.as_of)),
        sequence: stored.sequence === undefined ? undefined : BigInt(stored.sequence),
        configVersion: stored.config_version,
      }
    : undefined;
