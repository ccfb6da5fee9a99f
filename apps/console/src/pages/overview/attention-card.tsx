import type { CustomerImport, Shop } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats, useTexts } from '../../reader.ts';
import type { Texts } from '../../texts/english.ts';
import { Card } from '../../ui/card.tsx';
import { listAttention, type Attention } from './attention.ts';

/** What a person should know or do, each with its next step. */
export function AttentionCard(of: { shops: readonly Shop[]; imports: readonly CustomerImport[] }) {
  const { overview } = useTexts();
  const found = listAttention(of.shops, of.imports);
  if (found.length === 0) {
    return (
      <Card title={overview.calm}>
        <p className="muted">{overview.calmText}</p>
      </Card>
    );
  }
  return (
    <Card title={overview.attention}>
      <ul className="list">
        {found.map((each) => (
          <AttentionRow key={`${each.what} ${each.shop} ${each.detail}`} of={each} />
        ))}
      </ul>
    </Card>
  );
}

function AttentionRow({ of }: { of: Attention }) {
  const texts = useTexts();
  const formats = useFormats();
  const customers = texts.imports.customers(of.count, formats.number(of.count));
  return (
    <li className={`attention-row attention-${of.tone}`}>
      <span className="attention-mark" />
      <div>
        <p>{of.what === 'note' ? of.detail : sentenceOf(of, texts, customers)}</p>
        <p className="muted small">{of.what === 'note' ? of.shop : of.detail}</p>
      </div>
      <NextStep of={of} />
    </li>
  );
}

const sentenceOf = ({ what, shop }: Attention, { attention }: Texts, customers: string): string => {
  if (what === 'withErrors') return attention.withErrors(shop, customers);
  return what === 'note' ? '' : attention[what](shop);
};

function NextStep({ of: { what, importId } }: { of: Attention }) {
  const { attention } = useTexts();
  if (importId) {
    return (
      <Link to="/imports/$importId" params={{ importId }}>
        {what === 'withErrors' ? attention.seeErrors : attention.seeImport}
      </Link>
    );
  }
  if (what === 'uninstalled' || what === 'disconnected')
    return <Link to="/connect">{attention.connect}</Link>;
  return what === 'note' ? <Link to="/connect">{attention.seeShop}</Link> : null;
}
