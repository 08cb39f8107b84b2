/** The options of sessions: which of ONNX Runtime's optimisers run on a graph, and which do not. */
import type { InferenceSession } from 'onnxruntime-common';
import type { SessionSettings } from './protocol.ts';

/**
 * Optimisers that change results. Pad_Fusion moves zeros into the padding of a pool, which is minus infinity for a
 * MaxPool; DoubleQDQPairsRemover drops the first of two quantisations (findings/ has both without our code).
 */
const wrong = ['Pad_Fusion', 'DoubleQDQPairsRemover'];

/**
 * Optimisers that find nothing in our graphs, or must not run. Each walks the whole graph: together they take a seventh
 * of the time to optimise a training step. `simplify` removes common subexpressions; ONNX Runtime's own pass would also
 * remove deliberate recomputation. The others look for parts of language models.
 */
const needless = [
  'CommonSubexpressionElimination',
  'AttentionFusion',
  'BiasDropoutFusion',
  'BiasGeluFusion',
  'BiasSoftmaxFusion',
  'DivMulFusion',
  'EmbedLayerNormFusion',
  'FastGeluFusion',
  'GroupQueryAttentionFusion',
  'LayerNormFusionL1',
  'LayerNormFusionL2',
  'MatMulNBitsFusion',
  'NhwcTransformer',
  'ReshapeFusion',
  'SimplifiedLayerNormFusion',
  'SkipLayerNormFusion',
];

/** The options of a session. */
export const sessionOptions = ({ device, threads }: SessionSettings): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  intraOpNumThreads: threads,
  graphOptimizationLevel: 'all',
  // Memory patterns plan one block for a whole run, which is larger than what is ever alive.
  enableMemPattern: false,
  // Only errors: `placement` reports nodes that fall back to another provider.
  logSeverityLevel: 3,
  extra: {
    optimization: { disable_specified_optimizers: [...wrong, ...needless].join(';') },
    // Threads that keep spinning after a run would take a core from the passes that follow.
    session: { force_spinning_stop: '1' },
  },
});
