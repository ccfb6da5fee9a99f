import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * Fixes a timer of kafkajs 2.2.4, which is set again after every answer even when no request waits. Its delay
 * is negative, which Node treats as 1 ms: about 5 % of a core when idle, and a TimeoutNegativeWarning on Node
 * 26. The timer is useful only while requests wait, so it is set only then. In a separate file, to be removed
 * together with kafkajs.
 */
export function fixIdleTimer(): void {
  RequestQueue.prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      Math.max(this.throttledUntil - Date.now(), CHECK_AFTER_MS),
    );
  };
}

// kafkajs's own interval; an answer that arrives sends the next request at once anyway.
const CHECK_AFTER_MS = 10;
