import { PlannedPage } from '../planned-page.tsx';

export const AuditPage = () => <PlannedPage label="audit" />;
