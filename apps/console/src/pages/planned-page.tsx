import { useTexts } from '../reader.ts';
import { Card } from '../ui/card.tsx';
import { Page } from '../ui/page.tsx';
import type { Texts } from '../texts.ts';

/** Stands in the place of a page until its own folder exists. */
const planned = (label: keyof Texts['pages']) =>
  function PlannedPage() {
    const { pages, planned: words } = useTexts();
    return (
      <Page title={pages[label]}>
        <Card title={words.title}>
          <p className="muted">{words.text}</p>
        </Card>
      </Page>
    );
  };

export const SegmentsPage = planned('segments');
export const ThresholdsPage = planned('thresholds');
export const PrivacyPage = planned('privacy');
export const AuditPage = planned('audit');
export const ConnectPage = planned('connect');
