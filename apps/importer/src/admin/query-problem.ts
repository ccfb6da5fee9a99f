/** Read from Redis at once; the page itself asks for ten. */
const MOST_JOBS = 1_000;
/** More jobs than a queue ever holds, and far from where Redis stops counting. */
const MOST_PAGES = 1_000_000;

const wholeNumber = (most: number) => (value: string) =>
  /^[1-9]\d{0,6}$/.test(value) && Number(value) <= most
    ? undefined
    : `must be a whole number from 1 to ${most}`;

/**
 * The fault of a request for the view of the queues, beginning with the parameter's name; undefined: none. Bull Board hands
 * a number to Redis that Redis does not take, and decodes a name once more: both ended as its own internal error.
 */
export function queryProblem(url: string, queues: readonly string[]): string | undefined {
  const [path = '', query] = url.split('?', 2);
  if (!isDecodable(path)) return 'the path: % must stand before two hexadecimal digits of UTF-8';
  const oneOfQueues = (value: string) =>
    queues.includes(value) ? undefined : `must be one of ${queues.join(', ')}`;
  const rules = {
    page: wholeNumber(MOST_PAGES),
    jobsPerPage: wholeNumber(MOST_JOBS),
    activeQueue: oneOfQueues,
    queueName: oneOfQueues,
  };
  const given = new URLSearchParams(query);
  for (const [name, rule] of Object.entries(rules)) {
    const values = given.getAll(name);
    if (values.length > 1) return `${name}: must be given once`;
    // Bull Board takes an empty one for absent.
    const problem = values[0] ? rule(values[0]) : undefined;
    if (problem) return `${name}: ${problem}`;
  }
  return undefined;
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
