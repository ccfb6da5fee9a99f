import type { CustomerImport } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useNow } from '../../format/use-now.ts';
import { Counts } from '../../imports/counts.tsx';
import { ImportBadge } from '../../imports/import-badge.tsx';
import { ImportWhen } from '../../imports/import-list.tsx';
import { ImportProgress } from '../../imports/import-progress.tsx';
import { isRunning } from '../../imports/status.ts';
import { useWatchedImport } from '../../imports/use-watched-import.ts';
import { useTexts } from '../../reader.ts';
import { Card } from '../../ui/card.tsx';

/** The newest import, live while it runs. */
export function LastImportCard({ last }: { last: CustomerImport | undefined }) {
  const { overview } = useTexts();
  const now = useNow();
  const watched = useWatchedImport(last && isRunning(last) ? last.importId : undefined);
  if (!last) {
    return (
      <Card title={overview.noImport}>
        <p className="muted">{overview.noImportText}</p>
      </Card>
    );
  }
  const run = watched.run ?? last;
  return (
    <Card title={overview.lastImport} aside={<Link to="/imports">{overview.allImports}</Link>}>
      <Link to="/imports/$importId" params={{ importId: run.importId }} className="last-import">
        <span>
          <span className="last-import-head">
            {run.shop}
            <ImportBadge run={run} />
          </span>
          <ImportWhen run={run} now={now} />
        </span>
        {isRunning(run) ? <ImportProgress run={run} state={watched.state} /> : <Counts run={run} />}
      </Link>
    </Card>
  );
}
