import { useTexts } from '../reader.ts';
import { Card } from '../ui/card.tsx';
import { Page } from '../ui/page.tsx';
import type { Texts } from '../texts.ts';

/** The content of a page that is not built yet. */
export function PlannedPage({ label }: { label: keyof Texts['pages'] }) {
  const { pages, planned } = useTexts();
  return (
    <Page title={pages[label]}>
      <Card title={planned.title}>
        <p className="muted">{planned.text}</p>
      </Card>
    </Page>
  );
}
