export { getProgramSettings, type ProgramSettings } from './get-program-settings.ts';
export { readThresholds } from './read-thresholds.ts';
export { scoringDiffers } from './scoring-differs.ts';
export { RFM_SCALE, segmentOf } from './segments.ts';
export { updateProgramSettings, type UpdateProgramSettings } from './update-program-settings.ts';
export { validateRange, validateThresholds } from './validate-thresholds.ts';
