import { Topic } from '@core/contracts';
import { recordsOf } from '../records/run.ts';
import { scoreInputs } from './generate.ts';

export const rfmUpdated = recordsOf(Topic.rfmUpdated, scoreInputs);
