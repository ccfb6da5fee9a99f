import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A database function: a file that also contains its triggers, its owner and its grants. */
export interface DatabaseFunction {
  /** The name of its file without the extension. */
  name: string;
  /** The whole file: it creates the function, or replaces an existing one. */
  text: string;
  /** Hash of the whole file. */
  hash: string;
  /** Its parameters and its result, as callers rely on them. */
  signature: string;
  /** The roles that may call it; `public` for all roles. */
  roles: string[];
}

const MAKES_FUNCTION = /^ *create (?:or replace )?function /i;
const GRANT = /^GRANT EXECUTE ON FUNCTION [^;]*? TO ([^;]*);/gm;
const REVOKE = /^REVOKE EXECUTE ON FUNCTION [^;]*? FROM public;/m;

/**
 * Returns the functions of a folder in the order of their names. They are applied in this order.
 * @throws Error naming a file that does not contain exactly the one function of its name
 */
export const readFunctions = (folder: string): DatabaseFunction[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => readFunction(file.slice(0, -'.sql'.length), readFileSync(join(folder, file), 'utf8')));

function readFunction(name: string, text: string): DatabaseFunction {
  const head = `CREATE OR REPLACE FUNCTION public.${name}`;
  const made = text.split('\n').filter((line) => MAKES_FUNCTION.test(line));
  const [begin, end] = [text.indexOf(`${head}(`), text.indexOf('LANGUAGE ')];
  if (made.length !== 1 || !made[0]?.startsWith(`${head}(`) || end < begin) {
    throw new Error(
      `functions/${name}.sql must contain one "CREATE OR REPLACE FUNCTION public.${name}(...) RETURNS ... LANGUAGE ..." ` +
        'and no other function; write the name and the keywords exactly like this',
    );
  }
  const granted = [...text.matchAll(GRANT)].flatMap(([, to]) =>
    (to ?? '').split(',').map((role) => role.trim()),
  );
  return {
    name,
    text,
    hash: createHash('sha256').update(text).digest('hex'),
    signature: text
      .slice(begin + head.length, end)
      .replaceAll(/\s+/g, ' ')
      .trim(),
    roles: [...(REVOKE.test(text) ? [] : ['public']), ...granted].sort(),
  };
}
