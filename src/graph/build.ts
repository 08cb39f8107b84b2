/**
 * The vocabulary for writing graphs: one small function an op, and the few compositions that
 * networks are written in (mean, silu, gelu, …). Shapes are checked here, at the line that builds.
 */
export * from './build-arrangement.ts';
export * from './build-elementwise.ts';
export * from './build-inputs.ts';
export * from './build-products.ts';
export * from './build-quantization.ts';
export * from './build-reduction.ts';
