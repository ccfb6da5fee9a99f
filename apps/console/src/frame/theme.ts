export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'console-theme';

/** Returns the stored choice. A frame of another site may have no storage, which throws. */
export function readTheme(storage: () => Pick<Storage, 'getItem'>): Theme {
  try {
    const stored = storage().getItem(KEY);
    return THEMES.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Applies and stores a choice; only this choice is ever stored in the browser. */
export function applyTheme(
  theme: Theme,
  root: Pick<HTMLElement, 'dataset'>,
  storage: () => Pick<Storage, 'setItem'>,
): void {
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  try {
    storage().setItem(KEY, theme);
  } catch {
    // The choice holds until the page is closed.
  }
}
