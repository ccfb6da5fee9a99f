const QUERY =
  /^(?:select|insert into|update \S+ set|delete from|with \S+ as|create (?:table|index|unique|role|database|function|or replace|extension|schema)|alter|drop (?:table|index|role|database|function|policy|trigger)|grant|revoke|set (?:local |session )?\S+ (?:=|to)|lock table|truncate|query|mutation|fragment)\b/;

/** PL/pgSQL, or a comment of the database. */
const WITH_TEXT = /\braise\s+(?:\w+\s+)?['$]|\bcomment\s+on\s+\w+\s+\S+\s+is\s/i;

/** Whether a literal contains SQL or GraphQL, which are not prose. A literal within SQL may be. */
export const isQuery = (text: string): boolean => QUERY.test(text.trim()) || WITH_TEXT.test(text);
