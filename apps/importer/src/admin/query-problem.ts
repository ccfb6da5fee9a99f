/** Maximum jobs per page, which Redis reads at once. The page itself requests ten. */
const MAX_JOBS = 1_000;
/** More jobs than a queue ever holds, and far below the largest number that Redis accepts. */
const MAX_PAGES = 1_000_000;

const wholeNumber = (most: number) => (value: string) =>
  /^[1-9]\d{0,6}$/.test(value) && Number(value) <= most
    ? undefined
    : `must be a whole number from 1 to ${most}`;

/**
 * Returns the problem of a request for the queues view, starting with the parameter's name; undefined if
 * there is none. Without this check, Bull Board passes Redis numbers that Redis refuses, and decodes a name a
 * second time. Both ended in Bull Board's internal error.
 */
export function queryProblem(url: string, queues: readonly string[]): string | undefined {
  const [path = '', query] = url.split('?', 2);
  if (!isDecodable(path)) return 'the path: % must be followed by two hexadecimal digits of UTF-8';
  const oneOfQueues = (value: string) =>
    queues.includes(value) ? undefined : `must be one of ${queues.join(', ')}`;
  const rules = {
    page: wholeNumber(MAX_PAGES),
    jobsPerPage: wholeNumber(MAX_JOBS),
    activeQueue: oneOfQueues,
    queueName: oneOfQueues,
  };
  const given = new URLSearchParams(query);
  for (const [name, rule] of Object.entries(rules)) {
    const values = given.getAll(name);
    if (values.length > 1) return `${name}: must be given once`;
    // Bull Board treats an empty value as absent.
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
