/** The internals of kafkajs that we use or replace. Its own types cover only the public API. */

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    throttledUntil: number;
    pending: unknown[];
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/protocol/requests/index.js' {
  interface FetchCall {
    topics: { topic: string; partitions: { partition: number; fetchOffset: string }[] }[];
  }
  interface Call {
    response: { decode(bytes: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
  }
  const inside: { requests: { Fetch: { protocol(how: { version: number }): (asked: FetchCall) => Call } } };
  export default inside;
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error & { type: string } };
  export default errors;
}

declare module 'kafkajs/src/protocol/message/compression/index.js' {
  const compression: { Codecs: Record<number, () => { decompress(data: Buffer): Promise<Buffer> }> };
  export default compression;
}

declare module 'kafkajs/src/protocol/decoder.js' {
  const Decoder: new (bytes: Buffer) => object;
  export default Decoder;
}

declare module 'kafkajs/src/protocol/messageSet/decoder.js' {
  interface OldRecord {
    offset: string;
    timestamp?: string;
    key: Buffer | null;
    value: Buffer | null;
  }
  export default function decodeMessageSet(decoder: unknown, bytes: number): Promise<OldRecord[]>;
}
