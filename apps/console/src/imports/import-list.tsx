import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { CustomerImport } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats, useTexts } from '../reader.ts';
import { ImportBadge } from './import-badge.tsx';
import { isRunning, modeNameOf } from './status.ts';
import './import-list.css';

/** @param now milliseconds since the epoch */
export function ImportList({ imports, now }: { imports: readonly CustomerImport[]; now: number }) {
  const { imports: words } = useTexts();
  return (
    <ul className="list imports" aria-label={words.list}>
      {imports.map((run) => (
        <li key={run.importId}>
          <ImportRow run={run} now={now} />
        </li>
      ))}
    </ul>
  );
}

function ImportRow({ run, now }: { run: CustomerImport; now: number }) {
  const { imports: words } = useTexts();
  const formats = useFormats();
  const read =
    isRunning(run) && run.expected > 0n
      ? words.of(formats.number(run.read), formats.number(run.expected))
      : words.customers(run.read, formats.number(run.read));
  return (
    <Link to="/imports/$importId" params={{ importId: run.importId }} className="import-row">
      <span className="import-row-shop">{run.shop}</span>
      <ImportBadge run={run} />
      <span className="import-row-read">{read}</span>
      <ImportWhen run={run} now={now} />
    </Link>
  );
}

/** What an import read, when, and how long it took. */
export function ImportWhen({ run, now }: { run: CustomerImport; now: number }) {
  const { imports: words, mode } = useTexts();
  const formats = useFormats();
  const { startedAt, finishedAt } = run;
  const took = startedAt && finishedAt && Number(finishedAt.seconds - startedAt.seconds);
  return (
    <span className="import-when">
      {mode[modeNameOf(run)]}
      {' · '}
      {startedAt ? (
        <time dateTime={timestampDate(startedAt).toISOString()} title={formats.dateTime(startedAt)}>
          {formats.ago(startedAt, now)}
        </time>
      ) : (
        words.notStarted
      )}
      {took !== undefined && ` · ${words.took(formats.duration(took))}`}
    </span>
  );
}
