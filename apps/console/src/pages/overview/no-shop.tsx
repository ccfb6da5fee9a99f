import { Link } from '@tanstack/react-router';
import { useTexts } from '../../reader.ts';
import { Card } from '../../ui/card.tsx';
import { Page } from '../../ui/page.tsx';

/** The first view of a merchant who has signed up and connected nothing yet. */
export function NoShop() {
  const { pages, overview } = useTexts();
  return (
    <Page title={pages.overview}>
      <Card title={overview.noShop}>
        <p className="muted">{overview.noShopText}</p>
        <div>
          <Link to="/connect" className="button button-primary">
            {overview.connectShop}
          </Link>
        </div>
      </Card>
    </Page>
  );
}
