import { toJson } from '@bufbuild/protobuf';
import { sql } from 'drizzle-orm';
import { RfmThresholdsSchema, type RfmThresholds, type MerchantId } from '@core/contracts';
import {
  appendAudit,
  assign,
  bare,
  insertSelect,
  json,
  programSettings,
  statement,
  text,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import type { ProgramSettings } from './get-program-settings.ts';

export interface UpdateProgramSettings {
  merchantId: MerchantId;
  /** As validateThresholds accepts them. */
  thresholds: RfmThresholds;
  /** config_version as read, "0" for the defaults. Absent or empty: overwrite. */
  etag?: string | undefined;
}

const WRITE = statement({
  params: { merchantId: programSettings.merchantId, thresholds: json, etag: text },
  row: { configVersion: programSettings.configVersion, updatedAt: programSettings.updatedAt },
  text(p, row) {
    const { merchantId, configVersion } = programSettings;
    // One statement compares and writes: of two writers that read the same version, only one succeeds.
    return sql`
      ${insertSelect(programSettings, { merchantId: p.merchantId, rfmThresholds: p.thresholds })}
       where ${p.etag} in ('', '0')
          or exists (select from ${programSettings} where ${merchantId} = ${p.merchantId})
      on conflict (${bare(merchantId)})
      do update set ${assign(programSettings, {
        rfmThresholds: p.thresholds,
        configVersion: sql`${configVersion} + 1`,
      })}
       where ${p.etag} in ('', ${configVersion}::text)
      returning ${row}`;
  },
});

/** Stores a merchant's settings. @throws CoreError aborted when the settings have changed since `etag` */
export async function updateProgramSettings(
  tx: Tx,
  ctx: CommandContext,
  input: UpdateProgramSettings,
): Promise<ProgramSettings> {
  const [row] = await tx.run(WRITE, {
    merchantId: input.merchantId,
    thresholds: JSON.stringify(toJson(RfmThresholdsSchema, input.thresholds, { useProtoFieldName: true })),
    etag: input.etag ?? '',
  });
  if (!row) {
    throw new CoreError('aborted', 'etag: the settings have changed since; read them again', {
      field: 'etag',
    });
  }
  await appendAudit(tx, ctx, {
    merchantId: input.merchantId,
    action: 'settings.update',
    detail: { changed_fields: ['rfm_thresholds'], config_version: row.configVersion },
  });
  return { thresholds: input.thresholds, ...row };
}
