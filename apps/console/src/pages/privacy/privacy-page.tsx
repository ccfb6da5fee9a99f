import { PlannedPage } from '../planned-page.tsx';

export const PrivacyPage = () => <PlannedPage label="privacy" />;
