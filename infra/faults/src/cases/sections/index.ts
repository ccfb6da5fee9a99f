import type { Section } from '../case.ts';
import { identities } from './1-identities.ts';
import { limits } from './10-limits.ts';
import { records } from './2-records.ts';
import { order } from './3-order.ts';
import { nulls } from './4-nulls.ts';
import { storable } from './5-storable.ts';
import { deliveries } from './6-webhooks.ts';
import { configurations } from './7-configurations.ts';
import { merchantMessages } from './8-merchant-messages.ts';
import { connections } from './9-connections.ts';

export const SECTIONS: readonly Section[] = [
  identities,
  records,
  order,
  nulls,
  storable,
  deliveries,
  configurations,
  merchantMessages,
  connections,
  limits,
];
