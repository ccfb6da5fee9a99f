import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PreviewProgramSettingsResponseSchema } from '@core/contracts';
import type { SettingsPreview } from '@core/domain';

export const presentPreview = ({
  scored,
  unscored,
  moves,
  scoringDiffers,
}: SettingsPreview): MessageInitShape<typeof PreviewProgramSettingsResponseSchema> => ({
  customers: BigInt(scored + unscored),
  scored: BigInt(scored),
  unscored: BigInt(unscored),
  moves: moves.map(({ from, to, customers }) => ({
    fromSegment: from,
    toSegment: to,
    customers: BigInt(customers),
  })),
  scoringDiffers,
});
