import type { CustomerImport } from '@core/contracts/web';
import { useFormats, useTexts } from '../reader.ts';
import './counts.css';

/** Shown even when they are zero: their zero is an answer. */
const ALWAYS = ['read', 'created', 'updated', 'unchanged'] as const;
/** Shown when there are any. */
const IF_ANY = ['deleted', 'skipped', 'failed'] as const;

/** What an import did with the customers. */
export function Counts({ run }: { run: CustomerImport }) {
  const { run: words } = useTexts();
  const formats = useFormats();
  const shown = [...ALWAYS, ...IF_ANY.filter((name) => run[name] > 0n)];
  return (
    <dl className="figures">
      {shown.map((name) => (
        <div key={name}>
          <dt>{words[name]}</dt>
          <dd>{formats.number(run[name])}</dd>
        </div>
      ))}
    </dl>
  );
}
