/**
 * The vocabulary for writing graphs: one small function per op, and the few compositions that networks use (mean, silu,
 * gelu, …). Shapes are checked here, at the line that builds the node.
 */
export * from './build-arrangement.ts';
export * from './build-elementwise.ts';
export * from './build-inputs.ts';
export * from './build-products.ts';
export * from './build-quantization.ts';
export * from './build-reduction.ts';
