import type { PageReply } from './page.ts';

/** The page of a shop that is connected. */
export const SHOP_CONNECTED = {
  status: 200,
  title: 'The shop is connected',
  text: 'Its customers can be imported now.',
} as const satisfies PageReply;
