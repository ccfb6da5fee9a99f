import type { Pool } from '@core/db';
import type { KafkaClient } from '@core/events';
import type { Call } from '../cli/command.ts';
import { withDatabase } from '../connect/with-database.ts';
import { withKafka } from '../connect/with-kafka.ts';
import { findDeadLetters, type FoundDeadLetters } from './find-dead-letters.ts';
import type { Selection } from './options.ts';

/** Connects to the database and Kafka, finds the selected dead letters, and runs `work` on them. */
export const withDeadLetters = <T>(
  { env, signal }: Pick<Call<never>, 'env' | 'signal'>,
  selection: Selection,
  work: (found: FoundDeadLetters, open: { kafka: KafkaClient; pool: Pool }) => Promise<T> | T,
): Promise<T> =>
  withDatabase(env, (pool) =>
    withKafka(env, async (kafka, topics) =>
      work(await findDeadLetters({ kafka, topics, pool }, selection, signal), { kafka, pool }),
    ),
  );
