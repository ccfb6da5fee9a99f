import type { ErrorKind } from './transport/explain-error.ts';

/** Chooses a form of a noun. A language with more forms than two writes its own function. */
const one = (count: number | bigint, singular: string, plural: string): string =>
  Number(count) === 1 ? singular : plural;

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
    text: 'Sign in again to continue. Nothing that is running has stopped.',
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
    text: 'The console was updated, or the connection was lost. Open the console again; nothing that is running stops.',
  },
  broken: {
    title: 'Something went wrong',
    text: 'This is our fault. Try again. If it happens again, tell support.',
  },
};

/** Every text of the console in English. Another language is another value of the same type. */
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
  planned: {
    title: 'This page is not built yet',
    text: 'Until it is, your developers find the same data in the api.',
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
    calmText: 'Every shop is connected, and the last import of each one went through.',
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
  },
  shopStatus: {
    connected: 'Connected',
    unproven: 'Being checked',
    uninstalled: 'Uninstalled',
    disconnected: 'Disconnected',
    unknown: 'Unknown',
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
    counts: 'Customers',
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
    effect: { notStored: 'Not stored', fieldLeftOut: 'A field left out', note: 'For your information' },
    facts: 'Details',
    started: 'Started',
    finished: 'Ended',
    source: 'Source',
    shop: 'Shop',
    duration: 'Took',
  },

  segments: {
    title: 'Segments',
    subtitle: 'Who buys often, who has just started, and who is about to leave. 5 is the best score.',
    back: 'All segments',
    noCustomers: 'No customers yet',
    noCustomersText: 'Import the customers of your shop first. Their segments follow.',
    toImports: 'Go to the imports',
    noScores: 'No scores yet',
    noScoresText: (customers: string) =>
      `You have ${customers}. Their scores arrive by themselves after the next scoring; a customer without an order gets none.`,
    unscored: (scored: string, all: string, unscored: string) =>
      `${scored} of ${all} customers have a score. The others (${unscored}) have no order, or wait for the next scoring.`,
    customers: (count: number | bigint, formatted: string) =>
      `${formatted} ${one(count, 'customer', 'customers')}`,
    share: (percent: string) => `${percent} of those with a score`,
    below: (percent: string) => `<${percent}`,
    grid: 'Recency and frequency',
    gridText: 'Recency: how lately they bought. Frequency: how often. Choose a cell to see its customers.',
    recency: 'Recency',
    frequency: 'Frequency',
    monetary: 'Monetary',
    monetaryText: 'Only customers with this monetary score: how much they spent',
    allScores: 'All',
    few: 'Few customers',
    many: 'Many',
    list: 'Segments',
    segment: 'Segment',
    count: 'Customers',
    ofScored: 'Share',
    shopify: 'In Shopify',
    shopifyText: 'Shopify groups customers by its own rules, also those without a score here.',
    empty: 'This part is empty now',
    emptyText: 'Customers move with each new order. Look again later, or choose another segment.',
    customer: 'Customer',
    score: 'Score (R F M)',
    changed: 'Changed',
    page: (page: string) => `Page ${page}`,
    previous: 'Previous',
    next: 'Next',
    noEmails: 'Emails and names are not shown here. Shopify finds a person by the number.',
    exportTitle: 'Export',
    export: 'Download as CSV',
    exportAll: 'Download all as CSV',
    exportText:
      'A row for each customer: ids, segment, scores, their time, and Shopify’s group. No emails, no names.',
    exporting: 'Downloading',
    exported: (customers: string) => `The file is complete: ${customers}.`,
    stop: 'Stop',
  },

  thresholds: {
    title: 'Thresholds',
    subtitle: 'The rules by which customers get their scores and segments.',
    defaults: 'You use the defaults: nothing has been saved yet.',
    segments: 'Segments',
    segmentsText:
      'A customer gets the first segment whose scores match, so the order matters. 5 is the best score of each kind.',
    dimensions: { recency: 'Recency', frequency: 'Frequency', monetary: 'Spend' },
    bounds: {
      min: (dimension: string) => `Lowest ${dimension.toLowerCase()}`,
      max: (dimension: string) => `Highest ${dimension.toLowerCase()}`,
    },
    add: 'Add a segment',
    nameOf: (place: number) => `Name of segment ${place}`,
    moveUp: (name: string) => `Move ${name} up`,
    moveDown: (name: string) => `Move ${name} down`,
    remove: (name: string) => `Remove ${name}`,
    movedTo: (name: string, place: number, of: number) => `${name} is number ${place} of ${of}.`,
    removed: (name: string) => `${name} was removed.`,
    fallback: 'Everybody else',
    preview: 'What would change',
    counting: 'Counting',
    correct: 'Correct the marked field to see what would change.',
    noScores: 'No customer has a score yet, so no customer changes segment.',
    noMoves: (count: bigint, formatted: string) =>
      one(count, 'The one customer with a score stays.', `All ${formatted} customers with a score stay.`),
    moving: (count: bigint, formatted: string, of: string) =>
      `${formatted} of ${of} customers ${one(count, 'changes', 'change')} segment.`,
    largest: (count: bigint, formatted: string, from: string, to: string) =>
      `The biggest move: ${formatted} ${one(count, 'customer', 'customers')} from ${from} to ${to}.`,
    from: 'From',
    to: 'To',
    customers: 'Customers',
    stay: 'Stay in their segment',
    total: 'Total, the same before and after',
    unscored: (count: bigint, formatted: string) =>
      `${formatted} ${one(count, 'customer has', 'customers have')} no score, and therefore no segment.`,
    scoringDiffers:
      'You have changed how scores are computed. RFM Analytics applies this at its next scoring: only it knows the orders behind a score, so the numbers above do not include it.',
    when: 'The numbers are exact for the scores of this moment. A customer changes segment at the next scoring, not when you save.',
    cutPoints: 'Cut points',
    cutPointsText:
      'RFM Analytics turns the orders of a customer into three scores from 1 to 5. Four cut points divide each kind; each lies between two scores.',
    lists: { recencyDays: 'Recency', frequencyOrders: 'Frequency', monetaryAmount: 'Spend' },
    listTexts: {
      recencyDays: 'Days since the last order. Fewer days are a higher score.',
      frequencyOrders: 'Orders in the window. More orders are a higher score.',
      monetaryAmount: 'Spend in the window, in the currency of the shop. More is a higher score.',
    },
    units: { recencyDays: 'days', frequencyOrders: 'orders', monetaryAmount: 'amount' },
    between: (a: number, b: number) => `Between ${a} and ${b}`,
    window: 'Window',
    method: 'Method',
    methods: (quantile: boolean) =>
      quantile ? 'Groups of equal size; these cut points only at first' : 'These cut points',
    unchanged: 'No unsaved changes.',
    unsaved: 'You have unsaved changes.',
    saved: (version: number) => `Saved as version ${version}.`,
    save: 'Save',
    saving: 'Saving',
    discard: 'Discard',
    notSaved: 'Not saved.',
    conflict: 'Another person has saved meanwhile',
    conflictText: 'Your changes are still here, and not saved. This is what differs:',
    part: 'Setting',
    theirs: 'Saved by them',
    yours: 'Yours',
    segmentOf: (name: string) => `Segment ${name}`,
    placed: (place: number, scores: string) => `Number ${place}: ${scores}`,
    everyScore: 'every score',
    absent: 'None',
    loadTheirs: 'Load theirs',
    saveMine: 'Save mine over it',
    leaveTitle: 'Leave without saving?',
    leaveText: 'Your changes to the thresholds are lost.',
    stayHere: 'Stay',
    leave: 'Leave without saving',
  },
};

export type Texts = typeof english;
