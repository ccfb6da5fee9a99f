import { databaseEnv } from '@core/db';
import { kafkaEnv } from '@core/events';
import { defineCommand } from '../cli/command.ts';
import { integerOr } from '../cli/option.ts';
import { DEAD_LETTER_OPTIONS, selectionOf } from '../dead-letters/options.ts';
import { emptyLine, showJson, showLines } from '../dead-letters/present.ts';
import { withDeadLetters } from '../dead-letters/with-dead-letters.ts';

export const showDeadLetters = defineCommand({
  name: 'dlq show',
  does: 'print dead letters with headers and body',
  details:
    'Personal data, and fields that the schema does not know, were removed before the record was written. ' +
    'Resolved dead letters are shown too.',
  options: {
    ...DEAD_LETTER_OPTIONS,
    limit: integerOr(10, 'maximum number of records, oldest first', { min: 1, max: 1_000 }),
  },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async (call) =>
    withDeadLetters(call, selectionOf(call.values, true), (found) => {
      const { letters, total } = found;
      return {
        json: { total, dead_letters: letters.map(showJson) },
        lines: [
          ...(letters.length > 0 ? showLines(letters) : [emptyLine(found)]),
          ...(total > letters.length
            ? ['', `the oldest ${letters.length} of ${total}; --limit shows more`]
            : []),
        ],
      };
    }),
});
