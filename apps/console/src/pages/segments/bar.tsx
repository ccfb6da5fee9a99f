/** A share for the eye; the number beside it carries it. @param share 0 to 1 */
export const Bar = ({ share }: { share: number }) => (
  <span className="bar" aria-hidden="true">
    <span style={{ inlineSize: `${Math.min(1, share) * 100}%` }} />
  </span>
);
