import { useMutation } from '@connectrpc/connect-query';
import { SHOP_DOMAIN, ShopService } from '@core/contracts/web';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { explainError, refusedField } from '../../transport/explain-error.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Field } from '../../ui/field.tsx';

/** Moves the connection of a shop that Shopify has renamed, after the shop has proven that it is the same. */
export function MoveDialog({ shop, onClose }: { shop: string; onClose: () => void }) {
  const { connect: words } = usePageTexts();
  const { merchantId } = useSession();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState<string>();
  const { mutate, error, isPending } = useMutation(ShopService.method.moveShop, {
    async onSuccess() {
      onClose();
      await queries.invalidateQueries();
    },
  });
  const newShop = name.trim().toLowerCase();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const problem = !SHOP_DOMAIN.test(newShop)
      ? words.domainWrong
      : newShop === shop
        ? words.moveSame
        : undefined;
    setWrong(problem);
    if (problem === undefined) mutate({ merchantId, shop, newShop });
  };
  const isOfField = refusedField(error)?.field === 'new_shop';
  return (
    <Dialog title={words.moveTitle} onClose={onClose}>
      <p className="muted">{words.moveText}</p>
      <form className="connect-form" onSubmit={submit} noValidate>
        <Field label={words.moveFormer} value={shop} readOnly />
        <Field
          label={words.moveNew}
          hint={words.domainHint}
          error={wrong ?? (isOfField ? explainError(error).detail : undefined)}
          value={name}
          onChange={({ target: { value } }) => setName(value)}
          inputMode="url"
          autoCapitalize="none"
        />
        {error && !isOfField && <ErrorState error={error} />}
        {error && <p className="muted small">{words.moveRefused}</p>}
        <div className="dialog-actions">
          <Button onClick={onClose}>{words.close}</Button>
          <Button kind="primary" type="submit" busy={isPending}>
            {words.moveYes}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
