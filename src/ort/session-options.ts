/** How sessions are opened: what ONNX Runtime is to do with a graph, and what it need not try. */
import type { InferenceSession } from 'onnxruntime-common';
import type { SessionSettings } from './protocol.ts';

/**
 * Optimisers that find nothing in our graphs, or what must stay, and each of which walks the whole graph to find that out: together a seventh
 * of the time that optimising a training step takes. Common subexpressions are `simplify`'s affair; left to ONNX Runtime,
 * what is computed a second time on purpose would be kept instead. The others look for parts of language models.
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
  // A pattern plans one block for a whole run, and that block is larger than what is ever alive.
  enableMemPattern: false,
  // Only errors: warnings about nodes that a provider leaves are answered by `placement`.
  logSeverityLevel: 3,
  extra: {
    optimization: { disable_specified_optimizers: needless.join(';') },
    // Threads that go on waiting for work after a run would take a core from the passes behind it.
    session: { force_spinning_stop: '1' },
  },
});
