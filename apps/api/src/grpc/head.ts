import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { status } from '@grpc/grpc-js';
import { mediaType } from '../request/media-type.ts';
import { repeatedHeader } from '../request/repeated-header.ts';
import { boundTimeouts, timeoutProblem } from '../request/timeouts.ts';
import { afterRequest, resetIncomplete } from './after-request.ts';

const CONTENT_TYPES = ['application/grpc', 'application/grpc+proto'];

/** Handles the event "stream" of node:http2. */
export type StreamListener = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  flags: number,
  rawHeaders: readonly string[],
) => unknown;

/**
 * Refuses calls of every service by their headers, before the grpc-js listener receives them. That listener
 * accepts any method, any content type that starts with application/grpc, and a timeout with other text
 * around it.
 */
export const checkHead =
  (listener: StreamListener): StreamListener =>
  (stream, headers, flags, rawHeaders) => {
    const refusal = headRefusal(headers, rawHeaders);
    if (refusal) return refuse(stream, refusal);
    // grpc-js recognizes the content type in lower case only.
    headers['content-type'] = mediaType(headers['content-type']);
    boundTimeouts(headers);
    return listener(stream, headers, flags, rawHeaders);
  };

function headRefusal(
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): OutgoingHttpHeaders | undefined {
  if (headers[':method'] !== constants.HTTP2_METHOD_POST) {
    const refusal = answer(
      constants.HTTP_STATUS_METHOD_NOT_ALLOWED,
      status.INTERNAL,
      'the method must be POST',
    );
    return { ...refusal, allow: constants.HTTP2_METHOD_POST };
  }
  const repeated = repeatedHeader(rawHeaders);
  if (repeated !== undefined) return invalid(`${repeated}: must be given once`);
  if (!CONTENT_TYPES.includes(mediaType(headers['content-type']))) {
    const message = 'content-type: must be application/grpc or application/grpc+proto';
    return answer(constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE, status.INVALID_ARGUMENT, message);
  }
  const problem = timeoutProblem(headers, 'grpc-timeout');
  return problem === undefined ? undefined : invalid(problem);
}

const answer = (http: number, code: status, message: string): OutgoingHttpHeaders => ({
  ':status': http,
  'content-type': 'application/grpc',
  'grpc-status': code,
  'grpc-message': encodeURI(message),
});

const invalid = (message: string): OutgoingHttpHeaders =>
  answer(constants.HTTP_STATUS_OK, status.INVALID_ARGUMENT, message);

/** Refuses a call. It waits for the request no longer than for that of an unauthenticated caller. */
function refuse(stream: ServerHttp2Stream, refusal: OutgoingHttpHeaders): void {
  afterRequest(stream, undefined, () => {
    if (stream.destroyed || stream.closed) return;
    stream.respond(refusal, { endStream: true });
    resetIncomplete(stream);
  });
}
