import type { PreviewProgramSettingsResponse } from '@core/contracts/web';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { Breakable } from '../../ui/breakable.tsx';
import { readMoves } from './read-moves.ts';

/** The moves between segments, with a sentence that names the largest one. */
export function MovesTable({ preview }: { preview: PreviewProgramSettingsResponse }) {
  const { thresholds: words } = usePageTexts();
  const { number } = useFormats();
  const { scored } = preview;
  const { leaving, left, stayed } = readMoves(preview.moves);
  const [largest] = leaving;
  if (scored === 0n) return <p>{words.noScores}</p>;
  if (!largest) return <p>{words.noMoves(scored, number(scored))}</p>;
  const { fromSegment, toSegment, customers } = largest;
  return (
    <>
      <p>
        <strong>{words.moving(left, number(left), number(scored))}</strong>{' '}
        {words.largest(customers, number(customers), fromSegment, toSegment)}
      </p>
      <table className="moves">
        <caption className="hidden">{words.preview}</caption>
        <thead>
          <tr>
            <th scope="col">{words.from}</th>
            <th scope="col">{words.to}</th>
            <th scope="col" className="moves-count">
              {words.customers}
            </th>
          </tr>
        </thead>
        <tbody>
          {leaving.map((move) => (
            <tr key={JSON.stringify([move.fromSegment, move.toSegment])}>
              <td>
                <Breakable name={move.fromSegment} />
              </td>
              <td>
                <Breakable name={move.toSegment} />
              </td>
              <td className="moves-count">{number(move.customers)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td colSpan={2}>{words.stay}</td>
            <td className="moves-count">{number(stayed)}</td>
          </tr>
          <tr>
            <td colSpan={2}>{words.total}</td>
            <td className="moves-count">{number(scored)}</td>
          </tr>
        </tfoot>
      </table>
    </>
  );
}
