import type { GetRfmDistributionResponse } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { DownloadSegment } from './download-segment.tsx';
import { HeatMap } from './heat-map.tsx';
import { MonetarySwitch } from './monetary-switch.tsx';
import { SegmentTable } from './segment-table.tsx';
import { useDistribution } from './use-distribution.ts';

/** How the customers are distributed over cells and segments. */
export function DistributionView({ monetary }: { monetary: number | undefined }) {
  const { segments: words } = usePageTexts();
  const { data, error, refetch } = useDistribution();
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      {data && <Distribution of={data} monetary={monetary} />}
      {!data && !error && (
        <Card title={words.grid}>
          <Skeleton lines={8} />
        </Card>
      )}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
    </Page>
  );
}

interface DistributionProps {
  of: GetRfmDistributionResponse;
  monetary: number | undefined;
}

function Distribution({ of, monetary }: DistributionProps) {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  const { customers, scored, unscored } = of;
  if (customers === 0n) {
    return (
      <Card title={words.noCustomers}>
        <p className="muted">{words.noCustomersText}</p>
        <Link to="/imports">{words.toImports}</Link>
      </Card>
    );
  }
  if (scored === 0n) {
    return (
      <Card title={words.noScores}>
        <p className="muted">{words.noScoresText(words.customers(customers, number(customers)))}</p>
      </Card>
    );
  }
  return (
    <>
      {unscored > 0n && (
        <p className="muted">{words.unscored(number(scored), number(customers), number(unscored))}</p>
      )}
      <Card title={words.grid} aside={<MonetarySwitch chosen={monetary} />}>
        <p className="muted">{words.gridText}</p>
        <HeatMap of={of} monetary={monetary} />
      </Card>
      <Card title={words.list}>
        <SegmentTable of={of} />
        <DownloadSegment segment="" customers={scored} label={words.exportAll} />
      </Card>
    </>
  );
}
