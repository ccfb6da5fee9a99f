import { useMutation } from '@tanstack/react-query';
import { useTexts } from '../../../reader.ts';
import { useSession } from '../../../session/session.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { saveFile } from '../../../ui/save-file.ts';
import { fetchErrorsCsv } from './fetch-errors-csv.ts';

/** Downloads all errors of an import as a file. */
export function DownloadErrors({ importId }: { importId: string }) {
  const { run: words } = useTexts();
  const { merchantId, tokenOf } = useSession();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => fetchErrorsCsv({ merchantId, importId }, await tokenOf()),
    onSuccess: (file) => saveFile(file, `import-errors-${importId}.csv`),
  });
  return (
    <>
      <Button busy={isPending} onClick={() => mutate()}>
        {isPending ? words.downloading : words.download}
      </Button>
      {error && <ErrorState error={error} onRetry={() => mutate()} />}
    </>
  );
}
