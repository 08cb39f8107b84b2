/** Reads onnxruntime's profile, which it writes to a file in Node and to the console in a browser. */

/** One operator call. */
export interface KernelCall {
  readonly op: string;
  /** The layer of the network; `layout` for nodes that onnxruntime put between two layers. */
  readonly layer: string;
  readonly microseconds: number;
  /** Shapes of float32 values; onnxruntime leaves out packed constants. */
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** The calls of the counted runs. */
export interface RunProfile {
  readonly runs: number;
  readonly calls: readonly KernelCall[];
  /** Of whole runs, including the time between operators. */
  readonly secondsPerRun: number;
}

type Shapes = readonly Readonly<Record<string, readonly number[]>>[];

/** A trace event; shapes come as `[{"float":[1,64,256,256]},…]`. */
export interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: Shapes;
    readonly output_type_shape?: Shapes;
  };
}

const shapesOf = (shapes: Shapes = []): (readonly number[])[] =>
  shapes.flatMap(({ float }) => (float === undefined ? [] : [float]));

/**
 * The operator calls of the last `runs` runs, in the order of their ends.
 *
 * @param layerOf returns the layer of an onnxruntime node
 */
export function lastCalls(
  events: readonly TraceEvent[],
  runs: number,
  layerOf: (node: string) => string | undefined,
): KernelCall[] {
  const starts = events.filter(({ name }) => name === 'model_run').length;
  const calls = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  // Every run makes the same calls.
  const perRun = calls.length / starts;
  return calls.slice(calls.length - perRun * runs).map(({ name, dur, args }) => ({
    op: args?.op_name ?? '',
    layer: layerOf(name.replace(/_kernel_time$/, '')) ?? 'layout',
    microseconds: dur,
    inputs: shapesOf(args?.input_type_shape),
    outputs: shapesOf(args?.output_type_shape),
  }));
}
