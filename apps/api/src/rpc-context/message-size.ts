import { create, toBinary, toJsonString, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { CoreError } from '@core/runtime';

/** Default limit of gRPC clients: a longer reply would fail at the client, with a less helpful message. */
export const LARGEST_REPLY = 4 * 1024 * 1024;

/**
 * Checks the size of a reply before the commit of the transaction that records it as sent. The server would
 * refuse a longer reply only after the commit. The longer of the two encodings counts, because a handler does
 * not know which one is sent.
 * @param advice what the caller can do about it
 * @throws CoreError failed_precondition
 */
export function assertReplyFits<D extends DescMessage>(
  desc: D,
  reply: MessageInitShape<D>,
  advice: string,
): void {
  const message = create(desc, reply);
  const size = Math.max(
    toBinary(desc, message).length,
    Buffer.byteLength(toJsonString(desc, message, { alwaysEmitImplicit: true })),
  );
  if (size > LARGEST_REPLY) {
    throw new CoreError(
      'failed_precondition',
      `the reply has ${size} bytes, more than the maximum of ${LARGEST_REPLY}: ${advice}`,
    );
  }
}

/**
 * Returns the error for a reply that is too large in spite of the limits of its method. Both libraries would
 * answer RESOURCE_EXHAUSTED, which clients retry, although the same request can never succeed.
 */
export const replyTooLarge = (size: number): ConnectError =>
  new ConnectError(
    `the reply has ${size} bytes, more than the maximum of ${LARGEST_REPLY}: request less at once`,
    Code.FailedPrecondition,
  );
