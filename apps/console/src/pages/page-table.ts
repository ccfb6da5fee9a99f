import type { Texts } from '../texts/english.ts';

export interface PageRow {
  /** Below /console. */
  path: string;
  label: keyof Texts['pages'];
  /** The scope that its calls need; a caller without it does not see the page in the navigation. */
  scope: string;
}

/** The pages in the order of the navigation. Each is a separate chunk: see routes.tsx. */
export const PAGES = [
  { path: '/', label: 'overview', scope: 'imports:write' },
  { path: '/imports', label: 'imports', scope: 'imports:write' },
  { path: '/segments', label: 'segments', scope: 'rfm:read' },
  { path: '/thresholds', label: 'thresholds', scope: 'settings:write' },
  { path: '/privacy', label: 'privacy', scope: 'privacy:admin' },
  { path: '/audit', label: 'audit', scope: 'privacy:admin' },
  { path: '/connect', label: 'connect', scope: 'imports:write' },
] as const satisfies readonly PageRow[];

/** Returns the pages that a caller with these scopes may open. */
export const pagesFor = (scopes: readonly string[]) => PAGES.filter(({ scope }) => scopes.includes(scope));
