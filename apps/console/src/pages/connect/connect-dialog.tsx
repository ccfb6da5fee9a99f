import { useMutation } from '@connectrpc/connect-query';
import { SHOP_DOMAIN, ShopService } from '@core/contracts/web';
import { useState, type SubmitEvent } from 'react';
import { useFormats } from '../../reader.ts';
import { usePageTexts } from '../../texts/use-page-texts.ts';
import { useSession } from '../../session/session.ts';
import { explainError, refusedField } from '../../transport/explain-error.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Field } from '../../ui/field.tsx';

interface ConnectDialogProps {
  /** What the field contains at first. */
  shop: string;
  onOpened: (shop: string) => void;
  onClose: () => void;
}

/**
 * Asks for a shop and shows a link to its admin. Rejected: opening the address by a script once it has
 * arrived. A frame may replace the top window only by a click of a person, and the person should compare the
 * id of the merchant first: see "The trust in an install link" in docs/shopify.md.
 */
export function ConnectDialog({ shop: given, onOpened, onClose }: ConnectDialogProps) {
  const { connect: words } = usePageTexts();
  const formats = useFormats();
  const { merchantId } = useSession();
  const [shop, setShop] = useState(given);
  const [refused, setRefused] = useState(false);
  const { mutate, data, error, isPending } = useMutation(ShopService.method.createInstallLink);
  const domain = shop.trim().toLowerCase();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fits = SHOP_DOMAIN.test(domain);
    setRefused(!fits);
    if (fits) mutate({ merchantId, shop: domain });
  };
  if (data) {
    const close = () => {
      onOpened(domain);
      onClose();
    };
    return (
      <Dialog title={words.continueTitle(domain)} onClose={onClose}>
        <ol className="connect-steps">
          <li>{words.stepShopify}</li>
          <li>
            {words.stepCompare} <code>{merchantId}</code>
          </li>
        </ol>
        <p className="muted small">
          {words.linkEnds(data.expiresAt ? formats.dateTime(data.expiresAt) : '')}
        </p>
        <div className="dialog-actions">
          <Button onClick={onClose}>{words.close}</Button>
          {/^https?:\/\//.test(data.url) && (
            <a
              className="button button-primary"
              href={data.url}
              rel="noreferrer"
              target={target()}
              onClick={close}
            >
              {words.openShopify}
            </a>
          )}
        </div>
      </Dialog>
    );
  }
  const isOfField = refusedField(error)?.field === 'shop';
  return (
    <Dialog title={words.connectTitle} onClose={onClose}>
      <form className="connect-form" onSubmit={submit} noValidate>
        <Field
          label={words.domain}
          hint={words.domainHint}
          error={refused ? words.domainWrong : isOfField ? explainError(error).detail : undefined}
          value={shop}
          onChange={({ target: { value } }) => setShop(value)}
          inputMode="url"
          autoCapitalize="none"
        />
        {error && !isOfField && <ErrorState error={error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{words.close}</Button>
          <Button kind="primary" type="submit" busy={isPending}>
            {words.continue}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/**
 * Shopify's pages refuse to be in a frame, so the link replaces the window around the console. A console of
 * its own stays open beside a new tab: its token is only in its memory.
 */
const target = (): '_top' | '_blank' => (window.top === window ? '_blank' : '_top');
