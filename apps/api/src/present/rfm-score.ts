import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RfmScoreSchema } from '@core/contracts';
import type { StoredRfmScore } from '@core/db';
import { readInstant } from './instant.ts';

/** Converts a stored score to the API's message; undefined if there is none. */
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
        asOf: readInstant(stored.as_of),
        sequence: stored.sequence === undefined ? undefined : BigInt(stored.sequence),
        configVersion: stored.config_version,
      }
    : undefined;
