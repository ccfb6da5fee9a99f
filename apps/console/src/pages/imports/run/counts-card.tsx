import type { CustomerImport } from '@core/contracts/web';
import { useFormats, useTexts } from '../../../reader.ts';
import { Card } from '../../../ui/card.tsx';

/** Shown even when they are zero: their zero is an answer. */
const ALWAYS = ['read', 'created', 'updated', 'unchanged'] as const;
/** Shown when there are any. */
const IF_ANY = ['deleted', 'skipped', 'failed'] as const;

/** What the import did with the customers. */
export function CountsCard({ run }: { run: CustomerImport }) {
  const { run: words } = useTexts();
  const formats = useFormats();
  const shown = [...ALWAYS, ...IF_ANY.filter((name) => run[name] > 0n)];
  return (
    <Card title={words.counts}>
      <dl className="figures">
        {shown.map((name) => (
          <div key={name}>
            <dt>{words[name]}</dt>
            <dd>{formats.number(run[name])}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
