import { Topic } from '@core/contracts';
import { recordsOf } from '../records/run.ts';
import { requestInput } from './generate.ts';

export const gdprRequestCreated = recordsOf(Topic.gdprRequestCreated, (person, choices) => [
  requestInput(person, choices),
]);
