import { Consistency } from '@core/contracts';
import type { Reader } from '@core/db';
import type { Deps } from './context.ts';

interface Asked {
  consistency: Consistency;
  consistencyToken: string;
}

/** A reader as fresh as the request asks. */
export function readerFor({ reads }: Pick<Deps, 'reads'>, request: Asked): Reader {
  switch (request.consistency) {
    case Consistency.AT_LEAST:
      return reads.reader({ kind: 'at_least', token: request.consistencyToken });
    case Consistency.STRONG:
      return reads.reader({ kind: 'strong' });
    default:
      return reads.reader({ kind: 'minimize_latency' });
  }
}

/** For small reads that follow a write at once, such as an import just started: a replica may not have it. */
export const strongReader = ({ reads }: Pick<Deps, 'reads'>): Reader => reads.reader({ kind: 'strong' });
