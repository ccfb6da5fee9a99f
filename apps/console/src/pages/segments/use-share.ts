import { useFormats, useTexts } from '../../reader.ts';

const ONE_PERCENT = 0.01;

/** Returns how shares are written: a few customers of many are not 0%. */
export function useShare(): (share: number) => string {
  const { segments: words } = useTexts();
  const { percent } = useFormats();
  return (share) => (share > 0 && share < ONE_PERCENT ? words.below(percent(ONE_PERCENT)) : percent(share));
}
