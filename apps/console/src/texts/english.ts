import type { ErrorKind } from '../transport/explain-error.ts';
import { one } from './one.ts';

/** A title, a sentence, and what to do next. */
interface ErrorWords {
  title: string;
  text: string;
}

const errors: Record<ErrorKind, ErrorWords> = {
  offline: {
    title: 'No connection',
    text: 'The service cannot be reached from this browser. Check your connection, then try again.',
  },
  signedOut: {
    title: 'Your session has ended',
    text: 'Sign in again. Imports and everything else that runs continue.',
  },
  noPermission: {
    title: 'No access',
    text: 'Your account may not see this. Ask the owner of the account for access.',
  },
  notFound: { title: 'Not found', text: 'It was removed, or the address is incomplete.' },
  refused: { title: 'This is not possible now', text: 'The service refused the request.' },
  busy: {
    title: 'Too many requests',
    text: 'Your account has used its share of requests for the moment. Wait a minute, then try again.',
  },
  unavailable: {
    title: 'Temporarily unavailable',
    text: 'A part of the service does not answer. It usually returns within a minute.',
  },
  outdated: {
    title: 'This page could not be loaded',
    text: 'The console was updated, or the connection was lost. Open the console again; imports continue.',
  },
  broken: {
    title: 'Something went wrong',
    text: 'This is our fault. Try again. If it happens again, tell support.',
  },
};

/**
 * The texts of the first view, and those that several pages use, in English. Another language is another
 * value of the same type. english-pages.ts has the others, which load with their pages.
 */
export const english = {
  product: 'Loyalty console',
  skip: 'Skip to the content',
  menu: 'Menu',
  navigation: 'Pages',
  loading: 'Loading',
  pages: {
    overview: 'Overview',
    imports: 'Imports',
    segments: 'Segments',
    thresholds: 'Thresholds',
    privacy: 'Privacy',
    audit: 'Audit',
    connect: 'Connect',
  },
  notFound: {
    title: 'There is no such page',
    text: 'The address may be old or incomplete.',
    action: 'Go to the overview',
  },
  theme: { label: 'Colors', system: 'As the system', light: 'Light', dark: 'Dark' },
  errors,
  errorNumber: 'Number for support',
  tryAgain: 'Try again',
  crashed: {
    title: 'This page has stopped working',
    text: 'The rest of the console still works. Show this page again; if it stops again, tell support what you did.',
    action: 'Show the page again',
  },
  offlineBanner: 'You are offline. What you see may be old; it is updated as soon as you are online again.',
  signIn: {
    reasons: {
      never: {
        title: 'You are not signed in',
        text: 'Open the console from the Shopify admin, or by the link that your platform gives you. A token is kept only in this tab and is gone after a reload.',
      },
      ended: {
        title: 'Your session has ended',
        text: 'A session ends after a while. Imports and everything else that runs continue. Open the console again from the Shopify admin, or by a new link of your platform.',
      },
      refused: {
        title: 'The console could not be opened',
        text: 'Shopify lets a page in for a minute only, and this page took longer or was opened again. Open the app again in the Shopify admin.',
      },
      notConnected: {
        title: 'This shop is not connected',
        text: 'The shop was disconnected, or the app was uninstalled. Open the app again in the Shopify admin: it connects the shop, or says what to do.',
      },
    },
    reopen: 'Open again in Shopify',
    local: 'On a developer machine, npm start prints a signed-in link at its end.',
  },
  merchant: {
    title: 'For which merchant?',
    text: 'Your token is not bound to one merchant. Enter the id of the merchant that you support.',
    label: 'Merchant id',
    hint: 'A UUID, such as 01900000-0000-7000-8000-000000000000.',
    action: 'Continue',
  },

  overview: {
    attention: 'Needs attention',
    calm: 'All is well',
    calmText: 'Every shop is connected, and no import has failed.',
    shops: 'Shops',
    noShop: 'No shop is connected',
    noShopText: 'Connect a shop to import its customers, score them, and see your segments.',
    connectShop: 'Connect a shop',
    lastImport: 'Last import',
    noImport: 'No import yet',
    noImportText:
      'An import copies the customers of your shop once. After that, changes arrive by themselves as they happen.',
    allImports: 'All imports',
    connectedSince: (date: string) => `Connected since ${date}`,
    endedAt: (date: string) => `Ended on ${date}`,
    plan: (plan: string) => `Shopify plan: ${plan}`,
    customers: 'Customers',
    segments: 'See the segments',
    count: 'In total',
    scored: 'With a score',
    newest: 'Newest score',
    noScore: 'None',
    noScoreText: 'Scores arrive after the first import, when RFM Analytics has read the orders.',
  },
  shopStatus: {
    connected: 'Connected',
    unproven: 'Being checked',
    uninstalled: 'Uninstalled',
    disconnected: 'Disconnected',
    unknown: 'Unknown',
    refused: 'Access refused',
  },
  attention: {
    neverImported: (shop: string) => `The customers of ${shop} have not been imported yet.`,
    unproven: (shop: string) =>
      `Shopify has not confirmed the connection of ${shop} yet. This takes a few minutes.`,
    uninstalled: (shop: string) =>
      `The app was uninstalled from ${shop}. Its data is erased two days after that, unless you install it again.`,
    disconnected: (shop: string) => `${shop} is disconnected: its customers are no longer updated.`,
    failed: (shop: string) => `The last import of ${shop} failed.`,
    incomplete: (shop: string) => `The last import of ${shop} found fewer customers than the shop has.`,
    withErrors: (shop: string, count: string) => `The last import of ${shop} left out ${count}.`,
    paused: (shop: string) => `The import of ${shop} waits and continues by itself.`,
    connect: 'Connect',
    seeImport: 'See the import',
    seeErrors: 'See what to do',
    seeShop: 'See the connection',
  },

  imports: {
    title: 'Imports',
    subtitle: 'An import copies the customers of a shop from Shopify.',
    start: 'Import customers',
    empty: 'No import yet',
    emptyText:
      'The first import copies every customer. It runs in the background: you can close this page, and it continues.',
    more: 'Show older imports',
    list: 'Imports, newest first',
    notStarted: 'Not started',
    of: (read: string, expected: string) => `${read} of ${expected}`,
    customers: (count: number | bigint, formatted: string) =>
      `${formatted} ${one(count, 'customer', 'customers')}`,
    took: (duration: string) => `took ${duration}`,
  },
  importStatus: {
    pending: 'Waiting to start',
    running: 'Running',
    paused: 'Paused',
    cancelling: 'Being cancelled',
    cancelled: 'Cancelled',
    completed: 'Completed',
    completedWithErrors: 'Completed with errors',
    incomplete: 'Incomplete',
    failed: 'Failed',
    unknown: 'Unknown',
  },
  mode: {
    full: 'Everything',
    fullName: 'Full import',
    fullText:
      'Reads every customer. Also finds customers that were deleted in Shopify. Choose it for the first import, and when in doubt.',
    delta: 'Only changes',
    deltaName: 'Import of changes',
    deltaText: 'Reads what changed since the last completed import. Much faster for a large shop.',
  },
  source: {
    auto: 'Automatic',
    autoText: 'Chooses by the size of the shop. The right choice almost always.',
    graphql: 'Page by page',
    graphqlText:
      'Reads through Shopify’s GraphQL API. The first customers arrive within seconds; best below 10,000 customers.',
    bulk: 'As a file',
    bulkText:
      'Shopify prepares a file first, which takes minutes; then it is read quickly. Best for large shops.',
    rest: 'By the former API',
  },
  start: {
    title: 'Import customers',
    shop: 'Shop',
    mode: 'What to read',
    source: 'How to read it',
    action: 'Start the import',
    cancel: 'Close',
    starting: 'Starting',
    noShop: 'Connect a shop first.',
  },
  run: {
    back: 'All imports',
    progress: 'Progress',
    rate: (perSecond: string) => `${perSecond} per second`,
    left: (duration: string) => `about ${duration} left`,
    counting: 'Counting the customers of the shop',
    checking: 'Every customer is read. Comparing with the shop.',
    reconnecting: 'The connection was lost. The import continues; the page connects again.',
    cancel: 'Cancel the import',
    cancelTitle: 'Cancel this import?',
    cancelText: 'Customers that were read so far stay. You can resume it later where it stopped.',
    cancelYes: 'Cancel the import',
    cancelNo: 'Keep it running',
    resume: 'Resume',
    read: 'Read',
    created: 'New',
    updated: 'Changed',
    unchanged: 'Unchanged',
    deleted: 'Deleted in Shopify',
    skipped: 'Erased earlier, not imported again',
    failed: 'Not stored',
    errors: 'Errors and notes',
    noErrors: 'Nothing was left out: every customer is stored as in Shopify.',
    noErrorsSoFar: 'Nothing was left out of the customers that were read.',
    errorsLater: 'What could not be stored is listed here when the import has ended.',
    download: 'Download as CSV',
    downloading: 'Downloading',
    effect: { notStored: 'Not stored', fieldLeftOut: 'A field left out', note: 'Note' },
    facts: 'Details',
    started: 'Started',
    finished: 'Ended',
    source: 'Source',
    shop: 'Shop',
    duration: 'Took',
  },
};

export type Texts = typeof english;
