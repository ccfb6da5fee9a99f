import type { Choices } from '../requests/choices.ts';
import { asJson } from './write-json.ts';

/** A UUID as other languages write it, as JSON. */
export const spellUuid = (id: string, choices: Choices): string =>
  asJson(
    choices.one([
      id,
      id,
      id,
      id.toUpperCase(),
      ` ${id}\n`,
      `{${id}}`,
      `urn:uuid:${id}`,
      id.replaceAll('-', ''),
    ]),
  );

/** No UUID, though it was meant as one. */
export const brokenUuid = (id: string, choices: Choices): string =>
  choices.one([
    asJson(id.slice(1)),
    asJson(`${id}0`),
    asJson(id.replace(/[0-9a-f]/, 'g')),
    '42',
    '"x"',
    '{}',
    `[${asJson(id)}]`,
  ]);
