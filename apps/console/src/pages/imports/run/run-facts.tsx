import type { CustomerImport } from '@core/contracts/web';
import { sourceOf } from '../../../imports/status.ts';
import { useFormats, useTexts } from '../../../reader.ts';
import { Card } from '../../../ui/card.tsx';
import { Facts } from '../../../ui/facts.tsx';

/** When and how the import ran. */
export function RunFacts({ run: { startedAt, finishedAt, ...run } }: { run: CustomerImport }) {
  const { run: words, imports, source } = useTexts();
  const formats = useFormats();
  const facts: [string, string | undefined][] = [
    [words.shop, run.shop],
    [words.source, source[sourceOf(run)]],
    [words.started, startedAt ? formats.dateTime(startedAt) : imports.notStarted],
    [words.finished, finishedAt && formats.dateTime(finishedAt)],
    [
      words.duration,
      startedAt && finishedAt && formats.duration(Number(finishedAt.seconds - startedAt.seconds)),
    ],
  ];
  return (
    <Card title={words.facts}>
      <Facts facts={facts} />
    </Card>
  );
}
