import type { FrameLocator, Page } from 'playwright-core';
import type { World } from './open-world.ts';
import { PATIENCE_MS } from './visit.ts';

export interface Framed {
  page: Page;
  frame: FrameLocator;
  /** Messages of the browser's console that are errors. */
  problems: string[];
  /** The requests to the api, without their queries. */
  requests: string[];
}

/** Opens a page of an origin that shows an address in a frame, as the admin shows an app. */
export async function inFrame(
  world: World,
  origin: string,
  src: string,
  work: (framed: Framed) => Promise<void>,
): Promise<void> {
  const context = await world.browser.newContext({ locale: 'en-US', timezoneId: 'Europe/Berlin' });
  try {
    // The api of the spec is on this machine, which a page of another site may otherwise not reach.
    await context.grantPermissions(['local-network-access']);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const [problems, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      const { origin: to, pathname } = new URL(request.url());
      if (to === world.api.url) requests.push(`${request.method()} ${pathname}`);
      else if (to !== origin && to !== 'null') problems.push(`third party: ${request.url()}`);
    });
    const outer = `<!doctype html><title>admin</title><style>body{margin:0}iframe{border:0;width:100vw;height:100vh}</style>
      <iframe title="app" src="${src.replaceAll('&', '&amp;')}"></iframe>`;
    await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: 'text/html', body: outer }));
    await page.goto(`${origin}/store/candles/apps/loyalty`);
    await work({ page, frame: page.frameLocator('iframe'), problems, requests });
  } finally {
    await context.close();
  }
}
