import { PlannedPage } from '../planned-page.tsx';

export const ThresholdsPage = () => <PlannedPage label="thresholds" />;
