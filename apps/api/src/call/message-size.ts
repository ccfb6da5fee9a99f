import { create, toBinary, toJsonString, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { CoreError } from '@core/runtime';

/** Default limit of gRPC clients: a longer reply would fail at the client, with a worse message. */
export const LARGEST_REPLY = 4 * 1024 * 1024;

/**
 * For a reply that is a promise kept, before the transaction that says so commits: the server would refuse to send a
 * longer one when it is too late. By the longer of its forms, for a handler does not know how it will be sent.
 * @param next what its caller can do about it
 * @throws CoreError failed_precondition
 */
export function assertReplyFits<D extends DescMessage>(
  desc: D,
  reply: MessageInitShape<D>,
  next: string,
): void {
  const message = create(desc, reply);
  const size = Math.max(
    toBinary(desc, message).length,
    Buffer.byteLength(toJsonString(desc, message, { alwaysEmitImplicit: true })),
  );
  if (size > LARGEST_REPLY) {
    throw new CoreError(
      'failed_precondition',
      `the reply has ${size} bytes, more than the ${LARGEST_REPLY} that are sent: ${next}`,
    );
  }
}

/**
 * For a reply that is too large in spite of the limits of its method. Both libraries would answer
 * RESOURCE_EXHAUSTED, which clients repeat, although the same request can never succeed.
 */
export const replyTooLarge = (size: number): ConnectError =>
  new ConnectError(
    `the reply has ${size} bytes, more than the ${LARGEST_REPLY} that are sent: ask for less at once`,
    Code.FailedPrecondition,
  );
