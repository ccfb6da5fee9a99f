import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { pagesFor } from '../pages/page-table.ts';
import { useTexts } from '../reader.ts';
import { useSession } from '../session/session.ts';

/** The pages of the console. On a narrow screen they are behind a button; a new page closes them. */
export function Navigation() {
  const { navigation, menu, pages } = useTexts();
  const { scopes } = useSession();
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <nav aria-label={navigation} className="navigation">
      <button
        type="button"
        className="button navigation-toggle"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {menu}
      </button>
      <ul id={id} className="list navigation-list" data-open={open}>
        {pagesFor(scopes).map(({ path, label }) => (
          <li key={path}>
            <Link
              to={path}
              className="navigation-link"
              activeOptions={{ exact: path === '/' }}
              activeProps={{ 'aria-current': 'page' }}
            >
              {pages[label]}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
