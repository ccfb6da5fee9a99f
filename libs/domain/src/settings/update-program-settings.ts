import { toJson } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';
import { appendAudit, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import type { ProgramSettings } from './get-program-settings.ts';

export interface UpdateProgramSettings {
  merchantId: string;
  /** As validateThresholds accepts them. */
  thresholds: RfmThresholds;
  /** config_version as read, "0" for the defaults. Absent or empty: overwrite. */
  etag?: string | undefined;
}

/** @throws CoreError aborted when the settings have changed since `etag` */
export async function updateProgramSettings(
  tx: Tx,
  ctx: CommandContext,
  input: UpdateProgramSettings,
): Promise<ProgramSettings> {
  // One statement compares and writes: two who read the same version cannot both win.
  const [row] = await tx.query<{ config_version: number; updated_at: Date }>(
    `insert into program_settings (merchant_id, rfm_thresholds)
     select $1::uuid, $2::jsonb
      where $3 in ('', '0') or exists (select from program_settings where merchant_id = $1)
     on conflict (merchant_id) do update
       set rfm_thresholds = excluded.rfm_thresholds, config_version = program_settings.config_version + 1
     where $3 in ('', program_settings.config_version::text)
     returning config_version, updated_at`,
    [
      input.merchantId,
      JSON.stringify(toJson(RfmThresholdsSchema, input.thresholds, { useProtoFieldName: true })),
      input.etag ?? '',
    ],
  );
  if (!row) {
    throw new CoreError('aborted', 'etag: the settings have changed since; read them again', {
      field: 'etag',
    });
  }
  await appendAudit(tx, ctx, {
    merchantId: input.merchantId,
    action: 'settings.update',
    detail: { changed_fields: ['rfm_thresholds'], config_version: row.config_version },
  });
  return { thresholds: input.thresholds, configVersion: row.config_version, updatedAt: row.updated_at };
}
