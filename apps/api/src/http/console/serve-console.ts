import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pathOfTarget } from '../../paths.ts';
import { sendResponse } from '../send-response.ts';
import type { Route } from '../server.ts';
import { acceptCoding } from './accept-coding.ts';
import { ASSET_HEADERS, documentHeaders } from './headers.ts';
import type { BuiltConsole, ConsoleFile } from './read-console.ts';

export const CONSOLE_PATH = '/console';

export const isConsolePath = (path: string): boolean =>
  path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`);

/**
 * Serves the console: its document at every path below /console, because the page itself knows its pages, and
 * its assets by a fixed list. It needs no caller: the files are the same for everyone, and hold no data.
 * @param built undefined: it is not built
 */
export function createConsole(built: BuiltConsole | undefined): Route {
  const serve = (req: IncomingMessage, res: ServerResponse) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return sendResponse(req, res, 405, { allow: 'GET, HEAD' });
    }
    if (!built)
      return sendResponse(req, res, 404, { 'content-type': 'text/plain; charset=utf-8' }, NOT_BUILT);
    const path = pathOfTarget(req.url);
    const asset = built.assets.get(path);
    if (asset) return sendFile(req, res, asset, ASSET_HEADERS);
    if (path.startsWith(`${CONSOLE_PATH}/assets/`)) return sendResponse(req, res, 404);
    return sendDocument(req, res, built);
  };
  return Object.assign(serve, { anonymous: true });
}

/** @param shop the shop whose admin may show it in a frame, proven by the request; undefined: no frame may */
export const sendDocument = (
  req: IncomingMessage,
  res: ServerResponse,
  { document, styles }: BuiltConsole,
  shop?: string,
): void => sendFile(req, res, document, documentHeaders(styles, shop));

const NOT_BUILT =
  'The console is not built. Run npx nx build @core/console, and set CORE_CONSOLE_DIR to dist/console.\n';

function sendFile(
  req: IncomingMessage,
  res: ServerResponse,
  file: ConsoleFile,
  headers: OutgoingHttpHeaders,
): void {
  const { type, etag, bytes, encoded } = file;
  const isKept = headers['cache-control'] !== 'no-store';
  res.appendHeader('vary', 'Accept-Encoding');
  if (isKept && req.headers['if-none-match'] === etag)
    return sendResponse(req, res, 304, { ...headers, etag });
  const coding = acceptCoding(singleHeader(req, 'accept-encoding'), (name) => encoded[name] !== undefined);
  const body = (coding && encoded[coding]) ?? bytes;
  sendResponse(
    req,
    res,
    200,
    {
      ...headers,
      'content-type': type,
      'content-length': body.length,
      ...(isKept && { etag }),
      ...(coding && { 'content-encoding': coding }),
    },
    body,
  );
}

const singleHeader = ({ headers }: IncomingMessage, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};
