/** The part of kafkajs's inside that quiet-idle.ts replaces; its own types stop at the public API. */
declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    throttledUntil: number;
    pending: unknown[];
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}
