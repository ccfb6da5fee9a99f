import {
  ImportErrorEffect,
  ImportStatus,
  type CustomerImport,
  type CustomerImportErrorCount,
} from '@core/contracts/web';
import { isRunning } from '../../../imports/status.ts';
import { useFormats, useTexts } from '../../../reader.ts';
import type { Texts } from '../../../texts/english.ts';
import { Badge, type Tone } from '../../../ui/badge.tsx';
import { Card } from '../../../ui/card.tsx';
import { DownloadErrors } from './download-errors.tsx';

const EFFECTS: Partial<Record<ImportErrorEffect, [keyof Texts['run']['effect'], Tone]>> = {
  [ImportErrorEffect.NOT_STORED]: ['notStored', 'bad'],
  [ImportErrorEffect.FIELD_LEFT_OUT]: ['fieldLeftOut', 'warn'],
  [ImportErrorEffect.NOTE]: ['note', 'info'],
};

/** What was not stored as it came, by reason, the most serious first, each with what to do. */
export function ErrorsCard({ run }: { run: CustomerImport }) {
  const { run: words } = useTexts();
  const { errorsByReason: reasons, importId } = run;
  if (isRunning(run)) {
    return (
      <Card title={words.errors}>
        <p className="muted">{words.errorsLater}</p>
      </Card>
    );
  }
  const isComplete = run.status === ImportStatus.COMPLETED;
  if (reasons.length === 0) {
    return (
      <Card title={words.errors}>
        <p className="muted">{isComplete ? words.noErrors : words.noErrorsSoFar}</p>
      </Card>
    );
  }
  const sorted = [...reasons].sort((a, b) => a.effect - b.effect || Number(b.count - a.count));
  return (
    <Card title={words.errors} aside={<DownloadErrors importId={importId} />}>
      <ul className="list">
        {sorted.map((reason) => (
          <Reason key={reason.reason} of={reason} />
        ))}
      </ul>
    </Card>
  );
}

function Reason({ of: { reason, count, effect, merchantMessage } }: { of: CustomerImportErrorCount }) {
  const { run: words, imports } = useTexts();
  const formats = useFormats();
  const [effectWords, tone] = EFFECTS[effect] ?? ['note', 'idle'];
  return (
    <li className="reason">
      <p className="reason-count">
        {imports.customers(count, formats.number(count))}
        <Badge tone={tone}>{words.effect[effectWords]}</Badge>
      </p>
      <p>{merchantMessage}</p>
      <code className="reason-code">{reason}</code>
    </li>
  );
}
