import { ImportErrorEffect } from '@core/contracts';
import { explainReason, type RowEffect } from '@core/domain';

const EFFECT: Readonly<Record<RowEffect, ImportErrorEffect>> = {
  not_stored: ImportErrorEffect.NOT_STORED,
  field_left_out: ImportErrorEffect.FIELD_LEFT_OUT,
  note: ImportErrorEffect.NOTE,
};

/** Returns the effect and the explanations of a reason, the same in every message that contains them. */
export function presentReason(reason: string): {
  effect: ImportErrorEffect;
  merchantMessage: string;
  supportMessage: string;
} {
  const { effect, merchant, support } = explainReason(reason);
  return { effect: EFFECT[effect], merchantMessage: merchant, supportMessage: support };
}
