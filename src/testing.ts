/**
 * `rddm/testing`: the conformance suite. To test a runtime, compare it with the reference evaluator by these cases.
 */

export { conformanceCases, conformanceError } from './testing/conformance.ts';
export type { ConformanceCase } from './testing/conformance-case.ts';
