import { Link } from '@tanstack/react-router';
import { useTexts } from '../reader.ts';
import { Page } from '../ui/page.tsx';

export function NotFoundPage() {
  const { notFound } = useTexts();
  return (
    <Page title={notFound.title} subtitle={notFound.text}>
      <Link to="/">{notFound.action}</Link>
    </Page>
  );
}
