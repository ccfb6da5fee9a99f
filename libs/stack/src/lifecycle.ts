/** Controls how a stack stops. */
export interface Lifecycle {
  /**
   * Returns the list of resources to stop, in the order of their start.
   * @throws Error when the stack is stopping or has stopped
   */
  open(): AsyncDisposableStack;
  /**
   * Stops everything once, in reverse order. All callers wait for the same stop.
   * @throws Error with the reason of every failure
   */
  stop(): Promise<void>;
}

export function createLifecycle(stops: AsyncDisposableStack): Lifecycle {
  let stopping: Promise<void> | undefined;
  return {
    open() {
      if (stops.disposed) throw new Error('this stack has stopped');
      return stops;
    },
    stop: () =>
      (stopping ??= stops.disposeAsync().catch((error: unknown) => {
        throw withEveryReason(error);
      })),
  };
}

/** Lists all failures in one message, because the message of a SuppressedError names none of them. */
function withEveryReason(error: unknown): unknown {
  const reasons = reasonsOf(error);
  if (reasons.length === 1) return error;
  return new AggregateError(reasons, `the stack did not stop cleanly: ${reasons.map(String).join('; ')}`);
}

const reasonsOf = (error: unknown): unknown[] =>
  error instanceof SuppressedError ? [...reasonsOf(error.suppressed), ...reasonsOf(error.error)] : [error];
