/**
 * Repeats a call that a GOAWAY refused unprocessed. The grpc-js client sends such a call elsewhere
 * automatically, unless its message was being written at that moment. It reports that case as UNAVAILABLE,
 * and the caller must repeat the call. Other UNAVAILABLE errors are not repeated: a call that was cut off
 * must fail these specs.
 */
export async function repeatRefused<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!/NGHTTP2_REFUSED_STREAM/.test((error as Error).message)) throw error;
    }
  }
}
