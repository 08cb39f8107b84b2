import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeSafetensors, encodeSafetensors } from '../checkpoint/safetensors.ts';
import { normalTensor } from '../math/random.ts';
import { tensor } from '../math/tensor.ts';
import type { ModelConfigInput } from '../model/config.ts';
import { modelParameters } from '../model/networks.ts';
import {
  averagedWeights,
  decodeCheckpoint,
  encodeCheckpoint,
  storedStateNames,
  type TrainingState,
} from './checkpoint.ts';
import { type TrainConfig, trainConfig } from './config.ts';
import { firstState } from './loop.ts';

const unet = { dim: 4, multipliers: [1], groups: 2 };
const configOf = (accumulation = 1, model: ModelConfigInput = { unet }): TrainConfig =>
  trainConfig({
    model,
    data: { kind: 'degraded', clean: 'photos', crop: 8, degradation: { kind: 'rain' } },
    accumulation,
  });

/** A state in the middle of a run: all its values differ. */
function stateOf(config: TrainConfig): TrainingState {
  const states = Object.entries(firstState(config).states)
    .filter(([name]) => !name.startsWith('gradient/'))
    .map(([name, { shape }]) => [name, normalTensor(shape, 1, ['checkpoint test', name])]);
  return { step: 1234, states: Object.fromEntries(states) };
}

const config = configOf();
const state = stateOf(config);
const bytes = encodeCheckpoint(state, 'abc');

test('a checkpoint is read as it was written, bit for bit', () => {
  const { step, states, data } = decodeCheckpoint(bytes, config, 'run/checkpoint.safetensors');
  assert.equal(step, 1234);
  assert.equal(data, 'abc');
  assert.deepEqual(states, state.states);
});

test('it holds each weight, its two moments and its average, and says what it is', () => {
  const { tensors, metadata } = decodeSafetensors(bytes, 'checkpoint');
  assert.deepEqual({ ...metadata }, { format: 'rddm-checkpoint', version: '1', step: '1234', data: 'abc' });
  const weights = Object.keys(modelParameters(config.model));
  const wanted = weights.flatMap((name) => [name, `adam.m/${name}`, `adam.v/${name}`, `ema/${name}`]);
  assert.deepEqual(Object.keys(tensors).sort(), wanted.sort());
  assert.deepEqual(storedStateNames(config).sort(), wanted);
});

test('the same state gives the same bytes, in any order; another step gives others', () => {
  const reversed = Object.fromEntries(Object.entries(state.states).reverse());
  assert.deepEqual(encodeCheckpoint({ ...state, states: reversed }, 'abc'), bytes);
  assert.notDeepEqual(encodeCheckpoint({ ...state, step: 1235 }, 'abc'), bytes);
});

test('gradient sums are not kept: they are zero between steps', () => {
  const accumulating = configOf(2);
  const { states } = decodeCheckpoint(bytes, accumulating, 'checkpoint');
  assert.deepEqual(Object.keys(states).sort(), Object.keys(firstState(accumulating).states).sort());
  for (const name of Object.keys(modelParameters(config.model))) {
    assert.ok(states[`gradient/${name}`].data.every((value) => value === 0));
    assert.deepEqual(states[name], state.states[name]);
  }
});

describe('an automatic objective', () => {
  const automatic = trainConfig({ ...config, objective: 'automatic' });
  const choosing = stateOf(automatic);
  const chosen = { ...state, choice: { objective: 'noise', step: 300 } } as const;

  test('before the choice λ is among the weights, after it the choice is recorded', () => {
    assert.ok('lambda_res' in choosing.states && 'adam.m/lambda_res' in choosing.states);
    for (const given of [choosing, chosen]) {
      assert.deepEqual(decodeCheckpoint(encodeCheckpoint(given, 'abc'), automatic, 'checkpoint'), {
        ...given,
        data: 'abc',
      });
    }
  });

  test('another phase, another run, and invalid choices are refused', () => {
    const refused = (given: TrainingState, by: TrainConfig, message: RegExp) =>
      assert.throws(() => decodeCheckpoint(encodeCheckpoint(given, 'abc'), by, 'checkpoint'), { message });
    refused(chosen, config, /a run with objective "model", got one whose objective became "noise" at step 300; resume/);
    refused({ ...chosen, choice: { objective: 'noise', step: 1235 } }, automatic, /became "noise" at step 1235/);
    refused(choosing, config, /left over \(adam\.m\/lambda_res/);
    refused(state, automatic, /missing \(/);
  });
});

test("the averaged weights have the network's names", () => {
  const weights = averagedWeights(config, state.states);
  assert.deepEqual(Object.keys(weights), Object.keys(modelParameters(config.model)));
  for (const [name, weight] of Object.entries(weights)) assert.deepEqual(weight, state.states[`ema/${name}`]);
});

describe('refusals', () => {
  const refused = (given: Uint8Array, message: RegExp, by = config): void =>
    assert.throws(() => decodeCheckpoint(given, by, 'run/checkpoint.safetensors'), { name: 'RddmError', message });

  test('a checkpoint of another network', () => {
    const wider = configOf(1, { unet: { ...unet, dim: 8 } });
    refused(
      bytes,
      /^run\/checkpoint\.safetensors: expected the \d+ weights of the network, got \d+ of another shape/,
      wider,
    );
    const deeper = trainConfig({ ...config, model: { unet: { ...unet, multipliers: [1, 2] } } });
    refused(bytes, /got \d+ missing \(/, deeper);
    refused(encodeCheckpoint(stateOf(deeper), 'abc'), /\d+ left over \(/);
  });

  test('only weights, as in a model directory', () => {
    const weights = encodeSafetensors(averagedWeights(config, state.states));
    refused(
      weights,
      /^run\/checkpoint\.safetensors: expected a training checkpoint \(rddm-checkpoint, version 1\), got no format; resume a run of rddm train$/,
    );
  });

  test('another format, another version, an invalid step', () => {
    const { step: _step, ...metadata } = { format: 'rddm-checkpoint', version: '1', step: '' };
    const withMetadata = (fields: Record<string, string>): Uint8Array => encodeSafetensors(state.states, fields);
    refused(withMetadata({ format: 'pt', version: '1', step: '3' }), /a training checkpoint .*, got pt/);
    refused(
      withMetadata({ ...metadata, version: '2', step: '3' }),
      /a training checkpoint \(rddm-checkpoint, version 1\)/,
    );
    for (const step of ['-1', '1.5', 'many']) refused(withMetadata({ ...metadata, step }), /a training checkpoint/);
    refused(withMetadata(metadata), /a training checkpoint/);
  });

  test('a tensor that belongs to nothing', () => {
    const more = { ...state.states, 'adam.m/nothing': tensor([1], [0]) };
    refused(encodeCheckpoint({ ...state, states: more }, 'abc'), /1 left over \(adam\.m\/nothing\)/);
  });

  test('a file truncated anywhere, an empty one, and one with trailing bytes', () => {
    for (const length of [0, 5, 8, 500, bytes.length >> 1, bytes.length - 1]) {
      refused(
        bytes.slice(0, length),
        /^run\/checkpoint\.safetensors: expected .*damaged, truncated or of another kind$/,
      );
    }
    refused(Uint8Array.from([...bytes, 0]), /damaged/);
  });
});
