/**
 * A call that crosses a GOAWAY is refused unprocessed. The client of grpc-js then sends it elsewhere by itself,
 * unless its message was just being written: that it reports as UNAVAILABLE, and the repeating is left to the
 * caller. (Not a retry of every UNAVAILABLE: a call that was cut must fail these specs.)
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
