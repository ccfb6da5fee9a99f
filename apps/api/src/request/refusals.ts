import { Code, ConnectError } from '@connectrpc/connect';
import { retryableError } from '../rpc-context/retryable-error.ts';
import { MAX_PARTS } from './collect.ts';

/** Errors for requests that are not read to their end, with the same messages on both ports. */
export const tooLarge = (most: number) =>
  new ConnectError(
    `the request has more than ${most} bytes, the maximum for this method`,
    Code.ResourceExhausted,
  );

export const noRoom = () => retryableError('this process holds too many bytes of requests', 1_000);

export const tooManyParts = () =>
  new ConnectError(
    `the request has more than ${MAX_PARTS} parts: send it in fewer and larger ones`,
    Code.ResourceExhausted,
  );

export const cutShort = () => new ConnectError('the request is incomplete', Code.InvalidArgument);

export const tooSlow = (ms: number) =>
  new ConnectError(`the request did not arrive within ${ms} ms of its headers`, Code.DeadlineExceeded);

export const notOneMessage = () =>
  new ConnectError('the request must contain one message', Code.InvalidArgument);

export const noCompression = () =>
  new ConnectError('the message is marked as compressed, but no compression is named', Code.Internal);
