import { Link } from '@tanstack/react-router';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { SCORES } from './selection.ts';

/** Chooses the third dimension of the grid. Links, so that the address has the choice. */
export function MonetarySwitch({ chosen }: { chosen: number | undefined }) {
  const { segments: words } = usePageTexts();
  return (
    <div role="group" aria-label={words.monetaryText} className="switch">
      <span aria-hidden="true">{words.monetary}</span>
      {[undefined, ...SCORES].map((score) => (
        <Link
          key={score ?? 0}
          to="/segments"
          search={score === undefined ? {} : { m: score }}
          replace
          resetScroll={false}
          className="switch-option"
          // Otherwise the router also marks "All", whose search is a part of every other one.
          activeOptions={{ exact: true }}
          aria-current={score === chosen ? 'true' : undefined}
        >
          {score ?? words.allScores}
        </Link>
      ))}
    </div>
  );
}
