import type { CustomerImport } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useNow } from '../../format/use-now.ts';
import { Counts } from '../../imports/counts.tsx';
import { ImportBadge } from '../../imports/import-badge.tsx';
import { ImportList } from '../../imports/import-list.tsx';
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
      {isRunning(run) ? (
        <Link to="/imports/$importId" params={{ importId: run.importId }} className="last-import">
          <span className="last-import-head">
            {run.shop}
            <ImportBadge run={run} />
          </span>
          <ImportProgress run={run} state={watched.state} />
        </Link>
      ) : (
        <>
          <ImportList imports={[run]} now={now} />
          <Counts run={run} />
        </>
      )}
    </Card>
  );
}
