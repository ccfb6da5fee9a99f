export { applyRfmScores, checkRfmScore, type ApplyRfmScore, type ScoreToApply } from './apply-rfm-scores.ts';
export { getCustomerRfm, type FoundScore } from './get-customer-rfm.ts';
export { getRfmDistribution, type RfmDistribution } from './get-rfm-distribution.ts';
export { previewProgramSettings, type SettingsPreview } from './preview-program-settings.ts';
