import { ShopStatus, type Shop } from '@core/contracts/web';

const CONNECTED: readonly ShopStatus[] = [ShopStatus.CONNECTED, ShopStatus.UNPROVEN];

/** Whether the api has access to the shop, or is about to prove that it has. */
export const isConnected = ({ status }: Pick<Shop, 'status'>): boolean => CONNECTED.includes(status);
