import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { useTransport } from '@connectrpc/connect-query';
import { CoreService } from '@core/contracts/web';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Bar } from './bar.tsx';
import { collectCsv, fileNameOf } from './collect-csv.ts';
import { shareOf } from './counts.ts';

interface DownloadSegmentProps {
  /** Empty: all segments. */
  segment: string;
  /** The expected number; undefined when it is not known. */
  customers: bigint | undefined;
  label: string;
}

/** Downloads the customers of a segment as a file, and says how far it is. */
export function DownloadSegment({ segment, customers: expected, label }: DownloadSegmentProps) {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  const { merchantId } = useSession();
  const transport = useTransport();
  const [arrived, setArrived] = useState(0);
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const { mutate, isPending, isSuccess, error } = useMutation({
    // Offline it fails at once, instead of waiting for a network without a word.
    networkMode: 'always',
    async mutationFn() {
      setArrived(0);
      running.current = new AbortController();
      const { signal } = running.current;
      const parts = createClient(CoreService, transport).exportSegment({ merchantId, segment }, { signal });
      return collectCsv(parts, setArrived);
    },
    onSuccess: (file) => saveFile(file, fileNameOf(segment)),
  });
  const stopped = error !== null && ConnectError.from(error).code === Code.Canceled;
  const count = words.customers(arrived, number(arrived));
  return (
    <div className="download">
      {isPending ? (
        <Button onClick={() => running.current?.abort()}>{words.stop}</Button>
      ) : (
        <Button onClick={() => mutate()}>{label}</Button>
      )}
      {isPending ? (
        <div className="download-progress">
          <span>
            {words.exporting}: {count}
          </span>
          {expected !== undefined && <Bar share={shareOf(BigInt(arrived), expected)} />}
        </div>
      ) : (
        <p className="muted small">{words.exportText}</p>
      )}
      <p role="status">{isSuccess && words.exported(count)}</p>
      {error && !stopped && <ErrorState error={error} onRetry={() => mutate()} />}
    </div>
  );
}
