import { PlannedPage } from '../planned-page.tsx';

export const SegmentsPage = () => <PlannedPage label="segments" />;
