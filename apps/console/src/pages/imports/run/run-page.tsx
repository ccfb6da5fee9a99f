import { useQuery } from '@connectrpc/connect-query';
import { ImportService } from '@core/contracts/web';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Counts } from '../../../imports/counts.tsx';
import { ImportBadge } from '../../../imports/import-badge.tsx';
import { ImportProgress } from '../../../imports/import-progress.tsx';
import { isRunning, modeNameOf } from '../../../imports/status.ts';
import { useWatchedImport } from '../../../imports/use-watched-import.ts';
import { useTexts } from '../../../reader.ts';
import { useSession } from '../../../session/session.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Page } from '../../../ui/page.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import { ErrorsCard } from './errors-card.tsx';
import { RunActions } from './run-actions.tsx';
import { RunFacts } from './run-facts.tsx';
import './run-page.css';

/** One import: live while it runs, with what came of it when it has ended. */
export function RunPage() {
  const { run: words, imports, mode } = useTexts();
  const { merchantId } = useSession();
  const { importId = '' } = useParams({ strict: false });
  const [generation, setGeneration] = useState(0);
  const read = useQuery(ImportService.method.getCustomerImport, { merchantId, importId });
  const loaded = read.data?.customerImport;
  const watched = useWatchedImport(loaded && isRunning(loaded) ? importId : undefined, generation);
  const run = watched.run ?? loaded;
  const changed = () => {
    setGeneration((n) => n + 1);
    void read.refetch();
  };
  const error = read.error ?? watched.error;
  const back = (
    <Link to="/imports" className="page-back">
      {words.back}
    </Link>
  );
  if (!run) {
    return (
      <Page title={imports.title} back={back}>
        {error ? <ErrorState error={error} onRetry={() => void read.refetch()} /> : <Skeleton lines={8} />}
      </Page>
    );
  }
  return (
    <Page
      title={mode[modeNameOf(run)]}
      subtitle={run.shop}
      back={back}
      actions={<RunActions run={run} onChanged={changed} />}
    >
      <div className="run-columns">
        <Card title={words.progress} aside={<ImportBadge run={run} />}>
          <ImportProgress run={run} state={watched.state} />
          {run.error && <p className="run-error">{run.error}</p>}
          <Counts run={run} />
        </Card>
        <RunFacts run={run} />
      </div>
      <ErrorsCard run={run} />
      {error !== undefined && error !== null && <ErrorState error={error} onRetry={changed} />}
    </Page>
  );
}
