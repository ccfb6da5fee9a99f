import { createRootRoute, createRoute, createRouter, type AnyRoute } from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { lazyPage, type LazyPage } from './pages/lazy-page.ts';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageError } from './pages/page-error.tsx';
import { Skeleton } from './ui/skeleton.tsx';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage });
const at = (path: string, component: LazyPage): AnyRoute =>
  createRoute({ getParentRoute: () => root, path, component });

const planned = (name: keyof typeof import('./pages/planned-page.tsx')) =>
  lazyPage(() => import('./pages/planned-page.tsx').then((pages) => pages[name]));

/**
 * The pages by their paths. Each page is a chunk that is loaded when it is opened. The overview alone is part of
 * the first chunk: it is what a merchant opens, and its own chunk would be one more request before the first
 * paint.
 */
const routes = [
  createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage }),
  at(
    '/imports',
    lazyPage(() => import('./pages/imports/imports-page.tsx').then(({ ImportsPage }) => ImportsPage)),
  ),
  at(
    '/imports/$importId',
    lazyPage(() => import('./pages/imports/run/run-page.tsx').then(({ RunPage }) => RunPage)),
  ),
  at('/segments', planned('SegmentsPage')),
  at('/thresholds', planned('ThresholdsPage')),
  at('/privacy', planned('PrivacyPage')),
  at('/audit', planned('AuditPage')),
  at('/connect', planned('ConnectPage')),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: '/console',
  defaultPendingComponent: Skeleton,
  defaultErrorComponent: PageError,
  // Loads the code of a page when its link is hovered or focused, so that a click shows it at once.
  defaultPreload: 'intent',
});
