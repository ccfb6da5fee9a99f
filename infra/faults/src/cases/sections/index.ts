import type { Section } from '../case.ts';
import { identities } from './1-identities.ts';
import { limits } from './10-limits.ts';
import { records } from './2-records.ts';
import { order } from './3-order.ts';
import { nulls } from './4-nulls.ts';
import { storable } from './5-storable.ts';
import { deliveries } from './6-webhooks.ts';
import { setUps } from './7-set-ups.ts';
import { merchants } from './8-merchant.ts';
import { between } from './9-between.ts';

export const SECTIONS: readonly Section[] = [
  identities,
  records,
  order,
  nulls,
  storable,
  deliveries,
  setUps,
  merchants,
  between,
  limits,
];
