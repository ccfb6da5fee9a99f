import { createRootRoute, createRoute, createRouter, type AnyRoute } from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { lazyPage, type LazyPage } from './pages/lazy-page.ts';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageError } from './pages/page-error.tsx';
import { PageSkeleton } from './ui/skeleton.tsx';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage });
/**
 * The pages by their paths, each a chunk. The overview is missing here: it is part of the first chunk. A merchant
 * opens it first, and a separate chunk would be one more request before the first paint.
 */
const LAZY: Readonly<Record<string, LazyPage>> = {
  '/imports': lazyPage(() =>
    import('./pages/imports/imports-page.tsx').then(({ ImportsPage }) => ImportsPage),
  ),
  '/imports/$importId': lazyPage(() =>
    import('./pages/imports/run/run-page.tsx').then(({ RunPage }) => RunPage),
  ),
  '/segments': lazyPage(() =>
    import('./pages/segments/segments-page.tsx').then(({ SegmentsPage }) => SegmentsPage),
  ),
  '/thresholds': lazyPage(() =>
    import('./pages/thresholds/thresholds-page.tsx').then(({ ThresholdsPage }) => ThresholdsPage),
  ),
  '/privacy': lazyPage(() =>
    import('./pages/privacy/privacy-page.tsx').then(({ PrivacyPage }) => PrivacyPage),
  ),
  '/privacy/$requestId': lazyPage(() =>
    import('./pages/privacy/request/request-page.tsx').then(({ RequestPage }) => RequestPage),
  ),
  '/audit': lazyPage(() => import('./pages/audit/audit-page.tsx').then(({ AuditPage }) => AuditPage)),
  '/connect': lazyPage(() =>
    import('./pages/connect/connect-page.tsx').then(({ ConnectPage }) => ConnectPage),
  ),
};

/** Loads the code of every page, so that a lost network or a new build does not end an open console. */
export const preloadPages = (): void => Object.values(LAZY).forEach((page) => void page.preload());

const routes: AnyRoute[] = [
  createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage }),
  ...Object.entries(LAZY).map(([path, component]) =>
    createRoute({ getParentRoute: () => root, path, component }),
  ),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: '/console',
  defaultPendingComponent: PageSkeleton,
  // By default, the router waits a second, in which an opened address is a blank page, and then shows the
  // skeleton for half a second at least.
  defaultPendingMs: 0,
  defaultPendingMinMs: 0,
  defaultErrorComponent: PageError,
  // Loads the code of a page when its link is hovered or focused, so that a click shows it at once.
  defaultPreload: 'intent',
});
