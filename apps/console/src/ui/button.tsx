import type { ComponentProps } from 'react';
import './button.css';

interface ButtonProps extends ComponentProps<'button'> {
  /** primary: at most one of a view. */
  kind?: 'primary' | 'secondary' | 'danger' | 'quiet';
  /** The work that the button has started runs; it keeps its place and its focus. */
  busy?: boolean;
}

/** A native button: it needs nothing of React Aria, whose button alone has 12 KiB. */
export function Button({ kind = 'secondary', busy = false, type = 'button', onClick, ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={`button button-${kind}`}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    />
  );
}
