import { useTexts } from '../reader.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

/** Asks a support person, whose token may act for any merchant, for one. */
export function ChooseMerchant({ refused, onChoose }: { refused: boolean; onChoose: (id: string) => void }) {
  const { merchant } = useTexts();
  const submit = (form: FormData) => onChoose(String(form.get('merchant')).trim());
  return (
    <Notice title={merchant.title} text={merchant.text} place="document">
      <form action={submit} className="stack">
        <label className="field">
          <span>{merchant.label}</span>
          <input
            name="merchant"
            required
            autoComplete="off"
            spellCheck={false}
            aria-describedby="merchant-hint"
            aria-invalid={refused}
          />
        </label>
        <p id="merchant-hint" className="muted small">
          {merchant.hint}
        </p>
        <Button type="submit" kind="primary">
          {merchant.action}
        </Button>
      </form>
    </Notice>
  );
}
