import { oneWordOf, wholeNumber, WrongValue } from '@core/runtime';

/** Read from Redis at once; the page itself asks for ten. */
const MOST_JOBS = 1_000;
/** More jobs than a queue ever holds, and far from where Redis stops counting. */
const MOST_PAGES = 1_000_000;

/**
 * The fault of a request for the view of the queues, beginning with the parameter's name; undefined: none. Bull Board hands
 * a number to Redis that Redis does not take, and decodes a name once more: both ended as its own internal error.
 */
export function queryProblem(url: string, queues: readonly string[]): string | undefined {
  const [path = '', query] = url.split('?', 2);
  if (!isDecodable(path)) return 'the path: % must stand before two hexadecimal digits of UTF-8';
  const rules = {
    page: wholeNumber({ min: 1, max: MOST_PAGES }),
    jobsPerPage: wholeNumber({ min: 1, max: MOST_JOBS }),
    activeQueue: oneWordOf(queues),
    queueName: oneWordOf(queues),
  };
  const given = new URLSearchParams(query);
  for (const [name, rule] of Object.entries(rules)) {
    const values = given.getAll(name);
    if (values.length > 1) return `${name}: must be given once`;
    // Bull Board takes an empty one for absent.
    const [value] = values;
    try {
      if (value) rule(value);
    } catch (error) {
      if (error instanceof WrongValue) return `${name}: ${error.message}`;
      throw error;
    }
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
