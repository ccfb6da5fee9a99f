import { useId, type ComponentProps, type ReactNode } from 'react';
import './field.css';

interface FieldProps extends ComponentProps<'input'> {
  label: string;
  hint?: ReactNode;
  /** What is wrong with the value; undefined: nothing is known to be. */
  error?: string | undefined;
}

/** A text field with its label, a hint, and its error beside it. */
export function Field({ label, hint, error, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className="labelled">
      <label className="field">
        <span>{label}</span>
        <input
          autoComplete="off"
          spellCheck={false}
          {...input}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-error ${id}-hint`}
        />
      </label>
      <p id={`${id}-error`} role="alert" className="field-error small">
        {error}
      </p>
      {hint && (
        <p id={`${id}-hint`} className="muted small">
          {hint}
        </p>
      )}
    </div>
  );
}
