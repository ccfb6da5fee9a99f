/** The end of a stack. */
export interface Life {
  /** The list of what is to be stopped, in the order of its start. @throws Error when the stack has been told to stop */
  open(): AsyncDisposableStack;
  /** Stops everything once, in reverse order; each caller waits for the same end. @throws Error with every reason */
  stop(): Promise<void>;
}

export function createLife(stops: AsyncDisposableStack): Life {
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

/** The message of a SuppressedError, in which several failures end, names none of them. */
function withEveryReason(error: unknown): unknown {
  const reasons = reasonsOf(error);
  if (reasons.length === 1) return error;
  return new AggregateError(reasons, `the stack did not stop well: ${reasons.map(String).join('; ')}`);
}

const reasonsOf = (error: unknown): unknown[] =>
  error instanceof SuppressedError ? [...reasonsOf(error.suppressed), ...reasonsOf(error.error)] : [error];
