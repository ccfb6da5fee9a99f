import { KAFKA_CODECS } from '@core/testing';
import { expectAll, expectEach, type Section } from '../case.ts';
import { codecs, scores } from '../entry-points/records.ts';

export const records: Section = {
  title: '2. Record formats and failure isolation',
  groups: [
    expectAll(codecs, 'applied 545', KAFKA_CODECS),
    expectEach(scores, [
      [['no JSON, but rfm_score'], 'dead letter malformed: body: is not JSON'],
      [['["rfm_score"]'], 'dead letter malformed: body: must be a JSON object'],
      [['{"rfm_score": 007}'], 'dead letter malformed: body: is not JSON'],
      [
        [`{"rfm_score": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
        'dead letter invalid: rfm_score: must be an object',
      ],
    ]),
  ],
  specs: [
    ['every codec, level and size by each Kafka client', 'libs/events/test/kafka-client-records.spec.ts'],
    ['a damaged batch raises an alarm, and `ops dlq step-over` passes it', 'apps/ops/test/step-over.spec.ts'],
    [
      'no fault of a topic or a consumer stops the relay or privacy work',
      'apps/worker/test/kafka-faults.spec.ts',
    ],
  ],
};
