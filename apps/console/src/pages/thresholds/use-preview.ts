import { useQuery } from '@connectrpc/connect-query';
import { Consistency, CoreService, type PreviewProgramSettingsResponse } from '@core/contracts/web';
import { keepPreviousData } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useSession } from '../../session/session.ts';
import { thresholdsOf, type Draft } from './draft.ts';
import { useSettled } from './use-settled.ts';

/** Longer than the pause between two keys, shorter than the patience of a person. */
const SETTLED_MS = 400;

export interface Preview {
  /** While `counting`, the reply for the draft before. */
  data: PreviewProgramSettingsResponse | undefined;
  error: unknown;
  counting: boolean;
  retry: () => void;
}

/**
 * Asks the api what the draft would change, when nothing was typed for a moment.
 * @param token of the last save, which the reply must not miss; empty: none
 */
export function usePreview(draft: Draft, token: string): Preview {
  const { merchantId } = useSession();
  const settled = useSettled(draft, SETTLED_MS);
  const rfmThresholds = useMemo(() => thresholdsOf(settled), [settled]);
  const { data, error, isFetching, refetch } = useQuery(
    CoreService.method.previewProgramSettings,
    {
      merchantId,
      rfmThresholds,
      ...(token && { consistency: Consistency.AT_LEAST, consistencyToken: token }),
    },
    { placeholderData: keepPreviousData },
  );
  const counting = isFetching || settled !== draft;
  // An error belongs to the draft that was sent: its path may be another field by now.
  return { data, error: counting ? undefined : error, counting, retry: () => void refetch() };
}
