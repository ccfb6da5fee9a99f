import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';

const ONE_PERCENT = 0.01;

/** Returns how shares are written: a few customers of many are not 0%. */
export function useShare(): (share: number) => string {
  const { segments: words } = usePageTexts();
  const { percent } = useFormats();
  return (share) => (share > 0 && share < ONE_PERCENT ? words.below(percent(ONE_PERCENT)) : percent(share));
}
