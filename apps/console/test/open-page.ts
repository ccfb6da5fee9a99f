import type { BrowserContextOptions, Page } from 'playwright-core';
import type { World } from './open-world.ts';

/** A page of the console with everything that went wrong in it. */
export interface ConsolePage {
  page: Page;
  /** Messages of the browser's console that are errors: refused by the policy, thrown, failed requests. */
  problems: string[];
  /** The requests of the page, as "GET /console". */
  requests: string[];
  close: () => Promise<void>;
}

export interface OpenPage extends BrowserContextOptions {
  path?: string;
  /** Undefined: not signed in. */
  token?: string | undefined;
  merchantId?: string;
  /** Called before the page is opened. */
  prepare?: (page: Page) => Promise<void>;
}

/** Opens a page by a signed-in link, as `npm start` prints it. */
export async function openPage({ api, browser }: World, options: OpenPage): Promise<ConsolePage> {
  const { path = '', token, merchantId, prepare, ...context } = options;
  const opened = await browser.newContext({ locale: 'en-US', timezoneId: 'Europe/Berlin', ...context });
  const page = await opened.newPage();
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin !== api.url && !/^(?:data|blob):/.test(request.url()))
      problems.push(`third party: ${request.url()}`);
    requests.push(`${request.method()} ${pathname}`);
  });
  await prepare?.(page);
  const fragment = new URLSearchParams({
    ...(token && { token }),
    ...(merchantId && { merchant: merchantId }),
  });
  await page.goto(`${api.url}/console${path}${fragment.size > 0 ? `#${fragment}` : ''}`);
  return { page, problems, requests, close: () => opened.close() };
}
