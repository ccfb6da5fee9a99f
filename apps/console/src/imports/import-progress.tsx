import type { CustomerImport } from '@core/contracts/web';
import { useFormats, useTexts } from '../reader.ts';
import { progressOf } from './progress.ts';
import type { WatchState } from './watch-import.ts';
import './import-progress.css';

/** The bar of an import, with its rate, the time that is left, and why it waits. */
export function ImportProgress({ run, state }: { run: CustomerImport; state: WatchState }) {
  const { run: words, imports } = useTexts();
  const formats = useFormats();
  const { phase, share, perSecond, secondsLeft } = progressOf(run);
  const figures = [
    Number(run.expected) > 0
      ? imports.of(formats.number(run.read), formats.number(run.expected))
      : imports.customers(run.read, formats.number(run.read)),
    phase === 'reading' && perSecond > 0 && words.rate(formats.number(Math.max(1, perSecond))),
    secondsLeft !== undefined && words.left(formats.duration(secondsLeft)),
  ].filter((text) => text !== false);
  const step = { counting: words.counting, checking: words.checking, reading: undefined, ended: undefined };
  const note = run.waitingReason || step[phase];
  return (
    <div className="progress">
      <progress aria-label={words.progress} max={1} {...(share !== undefined && { value: share })} />
      <p className="progress-figures">
        {share !== undefined && <strong>{formats.percent(share)}</strong>}
        {figures.map((text) => (
          <span key={text}>{text}</span>
        ))}
      </p>
      {/* Announced when the step changes, and not with each figure. */}
      <p className="muted" role="status">
        {state === 'reconnecting' ? words.reconnecting : note}
      </p>
    </div>
  );
}
