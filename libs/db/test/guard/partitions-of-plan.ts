import { remainderOf } from '@core/testing';

/** The parts of EXPLAIN's JSON that are read here. */
export interface Plan {
  'Relation Name'?: string;
  /** Partitions that are skipped only when the plan runs, after each was planned and locked. */
  'Subplans Removed'?: number;
  Plans?: Plan[];
}

export interface PlannedPartitions {
  /** Partitions of merchants' tables, each once. */
  partitions: string[];
  /** Whether they belong to one merchant, as far as the planner knows. */
  ofOneMerchant: boolean;
}

/**
 * Returns the partitions that a plan would read. One merchant has the same remainder in every table. An
 * INSERT names no partition: its rows determine theirs. The reads of a function are not in its caller's plan;
 * layout.spec.ts explains the bodies.
 */
export function partitionsOfPlan(plan: Plan): PlannedPartitions {
  const nodes = flatten(plan);
  const relations = nodes.flatMap((node) => node['Relation Name'] ?? []);
  const partitions = [...new Set(relations.filter((name) => remainderOf(name) !== undefined))].sort();
  const remainders = new Set(partitions.map(remainderOf));
  const lateRemoved = nodes.some((node) => (node['Subplans Removed'] ?? 0) > 0);
  return { partitions, ofOneMerchant: remainders.size <= 1 && !lateRemoved };
}

const flatten = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flatten)];
