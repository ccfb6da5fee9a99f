import type { CustomerImport } from '@core/contracts/web';
import { useTexts } from '../reader.ts';
import { Badge } from '../ui/badge.tsx';
import { viewOf } from './status.ts';

export function ImportBadge({ run }: { run: Pick<CustomerImport, 'status'> }) {
  const { importStatus } = useTexts();
  const { words, tone } = viewOf(run.status);
  return <Badge tone={tone}>{importStatus[words]}</Badge>;
}
