/**
 * `rddm/testing`: the conformance suite. Whoever writes a runtime holds it to the reference evaluator with these cases.
 */

export { conformanceCases, conformanceError } from './testing/conformance.ts';
export type { ConformanceCase } from './testing/conformance-case.ts';
