import { PlannedPage } from '../planned-page.tsx';

export const ConnectPage = () => <PlannedPage label="connect" />;
