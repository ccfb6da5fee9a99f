import { PERSONAL_DATA, type HeldPlace } from '@core/domain';

type Cells = [where: string, holds: string, exported: string, ofPerson: string, ofShop: string];
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

/** The table of docs/privacy.md: the data held of a person, and what becomes of it. */
export const privacyTable = (): Cells[] => [
  ['where', 'what, and its form', 'handed over', "a person's erasure", "a shop's erasure"],
  ...Object.entries<HeldPlace>(PERSONAL_DATA).map(([where, held]): Cells =>
    'holds' in held
      ? [where, held.holds, exported(held.exported), ofPerson(held.ofPerson), ofShop(held.ofShop)]
      : [where, `nothing personal: ${held.nothingPersonal}`, '', '', ''],
  ),
];
