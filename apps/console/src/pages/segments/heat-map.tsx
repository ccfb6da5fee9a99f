import type { GetRfmDistributionResponse } from '@core/contracts/web';
import { Link } from '@tanstack/react-router';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { colorStep, countOfCell, shareOf } from './counts.ts';
import { SCORES, type SelectionSearch } from './selection.ts';
import { useShare } from './use-share.ts';
import './heat-map.css';

interface HeatMapProps {
  of: Pick<GetRfmDistributionResponse, 'cells' | 'scored'>;
  /** Undefined: customers with any monetary score. */
  monetary: number | undefined;
}

/** Recency by frequency, the best cell at the top right. The color repeats the number of a cell. */
export function HeatMap({ of: { cells, scored }, monetary }: HeatMapProps) {
  const { segments: words } = usePageTexts();
  const countAt = (r: number, f: number) =>
    countOfCell(
      cells.find(({ recency, frequency }) => recency === r && frequency === f),
      monetary,
    );
  const largest = cells
    .map((cell) => countOfCell(cell, monetary))
    .reduce((most, count) => (count > most ? count : most), 0n);
  return (
    <>
      <table className="heat">
        <thead>
          <tr>
            <th scope="col" rowSpan={2} className="heat-corner">
              {words.recency}
            </th>
            <th scope="colgroup" colSpan={SCORES.length}>
              {words.frequency}
            </th>
          </tr>
          <tr>
            {SCORES.map((f) => (
              <th key={f} scope="col">
                <span className="hidden">{words.frequency} </span>
                {f}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SCORES.toReversed().map((r) => (
            <tr key={r}>
              <th scope="row">
                <span className="hidden">{words.recency} </span>
                {r}
              </th>
              {SCORES.map((f) => {
                const count = countAt(r, f);
                return (
                  <td key={f}>
                    <Cell
                      count={count}
                      share={shareOf(count, scored)}
                      step={colorStep(count, largest)}
                      search={{ r, f, ...(monetary !== undefined && { m: monetary }) }}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="heat-legend muted small" aria-hidden="true">
        {words.few}
        {SCORES.map((step) => (
          <span key={step} className={`heat-swatch heat-${step}`} />
        ))}
        {words.many}
      </p>
    </>
  );
}

interface CellProps {
  count: bigint;
  share: number;
  step: number;
  search: SelectionSearch;
}

/** A cell with customers leads to them; an empty one is no stop for the keyboard. */
function Cell({ count, share, step, search }: CellProps) {
  const { segments: words } = usePageTexts();
  const { number, short } = useFormats();
  const shareText = useShare();
  if (count === 0n) return <span className="heat-cell heat-0">0</span>;
  const { r, f, m } = search;
  const scores = [`${words.recency} ${r}`, `${words.frequency} ${f}`, m && `${words.monetary} ${m}`];
  return (
    <Link to="/segments" search={search} className={`heat-cell heat-${step}`}>
      <span aria-hidden="true" className="heat-count">
        {short(count)}
      </span>
      <span aria-hidden="true" className="heat-share">
        {shareText(share)}
      </span>
      <span className="hidden">
        {words.customers(count, number(count))}, {shareText(share)}, {scores.filter(Boolean).join(', ')}
      </span>
    </Link>
  );
}
