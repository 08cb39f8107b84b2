/**
 * Checks the emitted bytes with two independent decoders: ONNX's published protobuf definition (package onnx-proto),
 * and, if Python has it, ONNX's own checker with full type and shape inference.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import onnxProto from 'onnx-proto';
import { add, constant, exp, feed, multiply, state, sum } from '../graph/build.ts';
import { createProgram, type Program } from '../graph/program.ts';
import { tensor } from '../math/tensor.ts';
import { modelConfig } from '../model/config.ts';
import { networkFeeds, networks } from '../model/networks.ts';
import { constantParameters, initialWeights, recordParameters } from '../nn/parameters.ts';
import { conformanceCases } from '../testing/conformance.ts';
import { stepPrograms } from '../train/step.ts';
import { emit, lowerProgram, updateName } from './emit.ts';
import { providers } from './lowering.ts';
import type { OnnxAttribute } from './model.ts';
import type { Precision } from './precision.ts';

const { ModelProto, AttributeProto, TensorProto } = onnxProto.onnx;
const { AttributeType } = AttributeProto;

const config = modelConfig({ objective: 'residual-noise', unet: { dim: 8, multipliers: [1, 2], groups: 4 } });

/** Two training programs of a small U-Net, and its inference with the weights as constants. */
function networkPrograms(): Program[] {
  const training = stepPrograms(config, {
    loss: 'l1',
    batch: 2,
    height: 4,
    width: 6,
    accumulation: 2,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    clipNorm: 1,
  });
  const inputs = networkFeeds(config, 1, 4, 6);
  const weights = initialWeights(
    recordParameters((parameters) => networks(config, inputs, parameters)),
    1,
  );
  const predicted = networks(config, inputs, constantParameters(weights));
  return [...Object.values(training), createProgram('inference', { ...predicted })];
}

const programs = [...conformanceCases.map(({ program }) => program), ...networkPrograms()];
const inference = programs[programs.length - 1];

/** A decoded message as plain data, 64-bit integers as numbers and bytes as base64. */
const decoded = (bytes: Uint8Array) =>
  ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, bytes: String, arrays: true, objects: true });
const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

interface Tensor {
  name: string;
  dims: number[];
  dataType: number;
  rawData: string;
}
interface Value {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue: number }[] } } };
}
interface Call {
  name: string;
  opType: string;
  domain?: string;
  input: string[];
  output: string[];
  attribute: { name: string; type: number; i?: number; f?: number; s?: string; ints: number[] }[];
}
interface Graph {
  name: string;
  node: Call[];
  initializer: Tensor[];
  input: Value[];
  output: Value[];
}

const { FLOAT, FLOAT16, INT64, UINT8, INT8 } = TensorProto.DataType;
const dataTypes = new Map<unknown, number>([
  [Float32Array, FLOAT],
  [Uint16Array, FLOAT16],
  [BigInt64Array, INT64],
  [Uint8Array, UINT8],
  [Int8Array, INT8],
]);

/** Each program emitted for each provider, inference also in float16, and decoded by the published definition. */
const models = providers.flatMap((provider) => {
  const all = programs.map((program) => ({ program, precision: 'float32' as Precision }));
  return [...all, { program: inference, precision: 'float16' as const }].map(({ program, precision }) => {
    const bytes = emit(program, provider, { precision });
    const model = decoded(bytes);
    return { program, provider, precision, bytes, model, graph: model.graph as Graph };
  });
});

const plainValue = ({ name, type: { tensorType } }: Value) => {
  assert.equal(tensorType.elemType, TensorProto.DataType.FLOAT);
  return { name, shape: tensorType.shape.dim.map(({ dimValue }) => dimValue) };
};

function plainAttribute({ type, i, f, s, ints }: Call['attribute'][number]): OnnxAttribute {
  switch (type) {
    case AttributeType.INT:
      return { int: i as number };
    case AttributeType.FLOAT:
      return { float: f as number };
    case AttributeType.STRING:
      return { string: Buffer.from(s as string, 'base64').toString() };
    default:
      assert.equal(type, AttributeType.INTS);
      return { ints };
  }
}

/** Attributes rounded to float32. */
const rounded = (value: OnnxAttribute): OnnxAttribute =>
  'float' in value ? { float: Math.fround(value.float) } : value;

describe('emitted models', () => {
  for (const { program, provider, precision, bytes, model, graph } of models) {
    test(`${program.name} for ${provider} in ${precision}`, () => {
      const wanted = lowerProgram(program, provider, { precision });

      assert.equal(model.irVersion, 8);
      assert.equal(model.producerName, 'rddm');
      assert.deepEqual(model.opsetImport, [{ domain: '', version: 17 }]);
      assert.equal(graph.name, program.name);
      assert.deepEqual(graph.input.map(plainValue), wanted.inputs);
      assert.deepEqual(graph.output.map(plainValue), wanted.outputs);
      assert.deepEqual(
        graph.node.map(({ opType, input, output, attribute }) => ({
          opType,
          inputs: input,
          outputs: output,
          attributes: Object.fromEntries(attribute.map((one) => [one.name, plainAttribute(one)])),
        })),
        wanted.nodes.map((node) => ({
          ...node,
          attributes: Object.fromEntries(Object.entries(node.attributes).map(([name, one]) => [name, rounded(one)])),
        })),
      );
      assert.deepEqual(
        graph.initializer.map(({ name, dims, dataType, rawData }) => [name, dims, dataType, rawData]),
        wanted.initializers.map(({ name, shape, data }) => {
          return [name, shape, dataTypes.get(data.constructor), base64(data)];
        }),
      );
      const again = ModelProto.encode(ModelProto.decode(bytes)).finish();
      assert.ok(JSON.stringify(decoded(again)) === JSON.stringify(model), 'the other encoding decodes to the same');
    });
  }

  test('inputs and outputs are those of the programs', () => {
    for (const { program, graph } of models) {
      const { input, output } = graph;
      assert.deepEqual(
        input.map(({ name }) => name),
        [...Object.keys(program.feeds), ...Object.keys(program.states)],
      );
      assert.deepEqual(
        output.map(({ name }) => name),
        [...Object.keys(program.outputs), ...Object.keys(program.updates).map(updateName)],
      );
    }
  });

  test('each value is made once, before its first use, and all are used', () => {
    for (const { program, graph } of models) {
      const { node, initializer, input, output } = graph;
      const known = new Set<string>();
      const make = (name: string): void => {
        assert.ok(name !== '' && !known.has(name), `${program.name}: "${name}" is made twice`);
        known.add(name);
      };
      for (const { name } of [...input, ...initializer]) make(name);
      const used = new Set(output.map(({ name }) => name));
      for (const call of node) {
        assert.equal(call.domain ?? '', '', `${call.opType} is an operator of ONNX itself`);
        for (const name of call.input) {
          assert.ok(name === '' || known.has(name), `${program.name}: ${call.name} reads "${name}" too early`);
          used.add(name);
        }
        call.output.forEach(make);
      }
      for (const { name } of output) assert.ok(known.has(name), `${program.name}: nothing makes "${name}"`);
      assert.deepEqual(
        [...known].filter((name) => !used.has(name)),
        [],
        program.name,
      );
      assert.equal(new Set(node.map(({ name }) => name)).size, node.length, 'operators have unique names');
    }
  });
});

describe('names', () => {
  const only = (program: Program): Graph => decoded(emit(program, 'cpu')).graph as Graph;
  const calls = ({ node }: Graph) => node.map(({ opType, input, output }) => [opType, ...input, ...output]);

  test('inputs and outputs with the names of generated values keep them', () => {
    const program = createProgram('clash', { Add_0: multiply(add(feed('c0', []), 3), feed('Mul_1', [])) });
    assert.deepEqual(calls(only(program)), [
      ['Add', 'c0', 'c0_', 'Add_0_'],
      ['Mul', 'Add_0_', 'Mul_1', 'Add_0'],
    ]);
  });

  test('one value under several names, an input and a constant as outputs: copies', () => {
    const x = feed('x', [2]);
    const y = add(x, x);
    const graph = only(createProgram('names', { a: y, b: y, c: x, d: constant(tensor([1], [5])) }));
    assert.deepEqual(calls(graph), [
      ['Add', 'x', 'x', 'a'],
      ['Identity', 'a', 'b'],
      ['Identity', 'x', 'c'],
      ['Identity', 'c0', 'd'],
    ]);
  });

  test('a sum over no axes is its input', () => {
    const graph = only(createProgram('names', { y: sum(feed('x', [2]), []) }));
    assert.deepEqual(calls(graph), [['Identity', 'x', 'y']]);
  });

  test("a name that a state's next value has is refused", () => {
    const w = state('w', []);
    for (const program of [
      createProgram('main', { 'next w': multiply(w, 2) }, { w: add(w, 1) }),
      createProgram('main', {}, { w: add(w, feed('next w', [])) }),
    ]) {
      assert.throws(() => emit(program, 'cpu'), {
        name: 'RddmError',
        message: 'emit: expected no name that the next value of a state has, got "next w" twice',
      });
    }
  });
});

describe('given shapes', () => {
  /** A large image, multiplied by a small value computed from it. */
  const scaled = (images: number) => {
    const x = feed('x', [images, 3, 64, 64]);
    return createProgram('scaled', { y: multiply(x, exp(sum(x, [1, 2, 3]))) });
  };

  test('with one image, those of small values; images stay open', () => {
    const { values } = lowerProgram(scaled(1), 'cpu');
    assert.deepEqual(
      values.map(({ shape }) => shape),
      [
        [1, 1, 1, 1],
        [1, 1, 1, 1],
      ],
    );
  });

  test("with several images none, since the images' shapes would follow", () => {
    assert.deepEqual(lowerProgram(scaled(2), 'cpu').values, []);
  });
});

const checker = `
import sys, onnx.checker, onnx.shape_inference
for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
    model = onnx.load(path)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert list(inferred.graph.output) == list(model.graph.output), path
print(len(sys.argv) - 1)
`;

/** A Python that has the package onnx (Debian: python3-onnx), if any. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import onnx.checker']).status === 0,
);

test("ONNX's own checker accepts every model", {
  skip: python ? false : 'no Python with the package onnx (Debian: apt-get install python3-onnx)',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rddm-onnx-'));
  try {
    const paths = models.map(({ bytes }, i) => {
      const path = join(folder, `${i}.onnx`);
      writeFileSync(path, bytes);
      return path;
    });
    const { stdout, stderr } = spawnSync(python as string, ['-c', checker, ...paths], { encoding: 'utf8' });
    assert.equal(stdout.trim(), String(paths.length), stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
