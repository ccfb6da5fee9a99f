import type { GetRfmDistributionResponse } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Breakable } from '../../ui/breakable.tsx';
import { Bar } from './bar.tsx';
import { besideShopify, shareOf } from './counts.ts';
import { useShare } from './use-share.ts';

/** The segments with their customers, the largest first, beside the groups of Shopify with the same names. */
export function SegmentTable({ of }: { of: GetRfmDistributionResponse }) {
  const { segments: words } = usePageTexts();
  const { number } = useFormats();
  const shareText = useShare();
  const grouped = of.shopifyRfmGroups.length > 0;
  return (
    <>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{words.segment}</th>
            <th scope="col" className="table-number">
              {words.count}
            </th>
            <th scope="col">{words.ofScored}</th>
            {grouped && (
              <th scope="col" className="table-number">
                {words.shopify}
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {besideShopify(of).map(({ name, ours, shopify }) => (
            <tr key={name}>
              <th scope="row">
                {ours > 0n ? (
                  <Link to="/segments" search={{ segment: name }}>
                    <Breakable name={name} />
                  </Link>
                ) : (
                  <Breakable name={name} />
                )}
              </th>
              <td className="table-number">{number(ours)}</td>
              <td>
                <span className="segment-share">
                  <Bar share={shareOf(ours, of.scored)} />
                  {shareText(shareOf(ours, of.scored))}
                </span>
              </td>
              {grouped && <td className="table-number">{number(shopify)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {grouped && <p className="muted small">{words.shopifyText}</p>}
    </>
  );
}
