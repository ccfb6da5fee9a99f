import { useQuery } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { SettingsEditor } from './settings-editor.tsx';

/** The rules by which scores and segments arise, with a preview of a change. */
export function ThresholdsPage() {
  const { thresholds: words } = usePageTexts();
  const { merchantId } = useSession();
  const { data, error, refetch } = useQuery(CoreService.method.getProgramSettings, { merchantId });
  const { settings, etag = '' } = data ?? {};
  return (
    <Page title={words.title} subtitle={words.subtitle}>
      {settings?.rfmThresholds ? (
        <SettingsEditor
          loaded={{ thresholds: settings.rfmThresholds, version: settings.configVersion, etag }}
          reload={() => void refetch()}
        />
      ) : (
        <Card title={words.segments}>
          {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton lines={8} />}
        </Card>
      )}
    </Page>
  );
}
