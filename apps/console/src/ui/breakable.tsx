import { Fragment } from 'react';

/** A name such as NEEDS_ATTENTION: in a narrow column it breaks after an underscore, not within a word. */
export const Breakable = ({ name }: { name: string }) =>
  name.split(/(?<=_)/).map((part, n) => (
    <Fragment key={n}>
      {n > 0 && <wbr />}
      {part}
    </Fragment>
  ));
