import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';

/**
 * kafkajs 2.2.4 re-arms a timer after every answer even when nothing waits to be sent, with a negative delay
 * that Node takes as 1 ms: about 5 % of a core idle, and a TimeoutNegativeWarning on Node 26. The timer
 * is only of use while requests wait, so only then is it set. Its own file, to be dropped with kafkajs.
 */
export function quietIdleLoop(): void {
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
