import { createElement, use, type ComponentType, type FunctionComponent } from 'react';

/** A page whose code is loaded when it is shown, or before that by `preload`. */
export type LazyPage = FunctionComponent & { preload: () => Promise<void> };

/** Longer than a render takes to repeat, shorter than a person to press "Try again". */
const RETRY_AFTER_MS = 1_000;

/**
 * Rejected: the router's own lazy component. After a failed load it reloads the document, and the token is
 * only in its memory. Rejected: React's lazy, which never loads again after a failure.
 */
export function lazyPage(
  load: () => Promise<ComponentType>,
  now: () => number = () => performance.now(),
): LazyPage {
  let loading: Promise<ComponentType> | undefined;
  let failedAt: number | undefined;
  const page = () => {
    if (failedAt !== undefined && now() - failedAt > RETRY_AFTER_MS) loading = failedAt = undefined;
    loading ??= load().catch((error: unknown) => {
      failedAt = now();
      throw error;
    });
    return loading;
  };
  const LazyPage = () => createElement(use(page()));
  return Object.assign(LazyPage, {
    preload: () =>
      page().then(
        () => undefined,
        () => undefined,
      ),
  });
}
