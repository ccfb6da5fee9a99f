import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type AnyRoute,
} from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { Skeleton } from './ui/skeleton.tsx';

const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundPage });
const at = (path: string, load: () => Promise<Record<string, unknown>>, name: string): AnyRoute =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name),
  });

const planned = () => import('./pages/planned-page.tsx');

/**
 * The pages by their paths. Each page is a chunk that is loaded when it is opened. The overview alone is part of
 * the first chunk: it is what a merchant opens, and its own chunk would be one more request before the first
 * paint.
 */
const routes = [
  createRoute({ getParentRoute: () => root, path: '/', component: OverviewPage }),
  at('/imports', () => import('./pages/imports/imports-page.tsx'), 'ImportsPage'),
  at('/imports/$importId', () => import('./pages/imports/run/run-page.tsx'), 'RunPage'),
  at('/segments', planned, 'SegmentsPage'),
  at('/thresholds', planned, 'ThresholdsPage'),
  at('/privacy', planned, 'PrivacyPage'),
  at('/audit', planned, 'AuditPage'),
  at('/connect', planned, 'ConnectPage'),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: '/console',
  defaultPendingComponent: Skeleton,
  // Loads the code of a page when its link is hovered or focused, so that a click shows it at once.
  defaultPreload: 'intent',
});
