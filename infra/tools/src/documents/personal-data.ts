import { PERSONAL_DATA, type HeldPlace } from '@core/domain';
import type { Rows } from '@core/testing';

type PersonalPlace = Extract<HeldPlace, { holds: string }>;

const exported = (of: PersonalPlace['exported']): string => ('why' in of ? `no: ${of.why}` : of.words);

const ofPerson = (of: PersonalPlace['ofPerson']): string =>
  'why' in of
    ? `no: ${of.why}`
    : (of.words ?? [of.removes.join(', '), ...(of.remark ? [of.remark] : [])].join('; '));

const ofShop = (of: PersonalPlace['ofShop']): string => {
  if ('why' in of) return `no: ${of.why}`;
  const isOfMerchant = of.turn !== 'first' && of.turn !== 'own';
  return [
    of.removes.join(', '),
    ...(isOfMerchant ? ["with the merchant's last shop"] : []),
    ...(of.remark ? [of.remark] : []),
  ].join('; ');
};

/** Returns the table of docs/privacy.md: the data held about a person, and how it is exported and erased. */
export const personalDataTable = (): Rows =>
  Object.entries<HeldPlace>(PERSONAL_DATA).map(([where, held]) => ({
    where,
    'what, and its form': 'holds' in held ? held.holds : `nothing personal: ${held.nothingPersonal}`,
    'handed over': 'holds' in held ? exported(held.exported) : '',
    "a person's erasure": 'holds' in held ? ofPerson(held.ofPerson) : '',
    "a shop's erasure": 'holds' in held ? ofShop(held.ofShop) : '',
  }));
