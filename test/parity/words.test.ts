/** The words of golden files: objectives, schedules, time inputs, and Python's JSON. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filled } from '../../src/math/tensor.ts';
import { seenCondition } from './mask-channels.ts';
import { readObjective, shownNetworks } from './objective-words.ts';
import { parsePythonJson } from './python-json.ts';
import { namedSchedule } from './schedule-words.ts';
import { readTimes } from './time-words.ts';

describe('objectives', () => {
  const one = { networks: 'one', predictsBoth: false } as const;
  const six = { networks: 'one', predictsBoth: true } as const;
  const two = { networks: 'two', predictsBoth: true } as const;
  const shared = { networks: 'shared-encoder', predictsBoth: true } as const;

  test("are read from sentences and from the reference's words", () => {
    for (const [stated, shown, objective] of [
      ['residual, one network', one, 'residual'],
      ['pred_res', one, 'residual'],
      ['noise, one network', one, 'noise'],
      ['pred_noise', one, 'noise'],
      ['residual and noise, one network', six, 'residual-noise'],
      ['residual and noise, one network with six output channels', six, 'residual-noise'],
      ['pred_res_noise', six, 'residual-noise'],
      ['residual and noise, two networks', two, 'residual-noise'],
      ['pred_res_noise', shared, 'residual-noise'],
    ] as const) {
      const read = readObjective(stated, undefined, shown, 'file');
      assert.equal(read.objective, objective, stated);
      assert.equal(read.networks, shown.networks, stated);
    }
  });

  test('say what the second decoder predicts', () => {
    for (const [stated, networks, secondDecoder] of [
      ['residual and noise, shared encoder', undefined, 'noise'],
      ['pred_res_noise', 'shared-encoder', 'noise'],
      ['pred_res_add_noise', 'shared-encoder', 'residual-plus-noise'],
      ['residual and noise, shared encoder', 'the second decoder predicts residual plus noise', 'residual-plus-noise'],
    ] as const) {
      assert.equal(readObjective(stated, networks, shared, 'file').secondDecoder, secondDecoder, stated);
    }
  });

  test('that contradict the weights are refused', () => {
    assert.throws(() => readObjective('residual, one network', undefined, two, 'file'), /residual and noise, since/);
    assert.throws(() => readObjective('pred_res_noise', undefined, one, 'file'), /since the weights have one output/);
    assert.throws(() => readObjective('pred_x0', undefined, one, 'file'), /residual or noise.*got pred_x0/);
    assert.throws(() => readObjective('pred_res_noise', 'shared-encoder', two, 'file'), /networks "two"/);
  });

  test("leave the networks' form to names and shapes", () => {
    const final = (outputs: number) => ({ 'unet0.final_conv.weight': filled([outputs, 4, 1, 1], 0) });
    assert.deepEqual(shownNetworks(final(3), 3, 'file'), one);
    assert.deepEqual(shownNetworks(final(6), 3, 'file'), six);
    assert.deepEqual(shownNetworks(final(2), 1, 'file'), six);
    assert.deepEqual(shownNetworks({ ...final(3), 'unet1.x': filled([1], 0) }, 3, 'file'), two);
    assert.deepEqual(shownNetworks({ 'ups_no_skip.0': filled([1], 0) }, 3, 'file'), shared);
    assert.throws(() => shownNetworks(final(4), 3, 'file'), /3 or 6 output channels for images of 3, got 4/);
  });
});

test('schedules are read from their names', () => {
  for (const [words, wanted] of [
    ['decreasing-alpha-increasing-beta2', { kind: 'power', alpha: 'decreasing', beta: 'increasing' }],
    ['decreased alpha, average beta2', { kind: 'power', alpha: 'decreasing', beta: 'mean' }],
    ['alpha increasing, beta2 decreasing', { kind: 'power', alpha: 'increasing', beta: 'decreasing' }],
    ['alpha increasing beta2 decreasing', { kind: 'power', alpha: 'increasing', beta: 'decreasing' }],
    ['α↓β²↑', { kind: 'power', alpha: 'decreasing', beta: 'increasing' }],
    ['power', { kind: 'power' }],
    ['DDIM linear converted', { kind: 'ddim-linear' }],
    ['ddim-scaled_linear', { kind: 'ddim-scaled-linear' }],
    ['ddim-squaredcos_cap_v2', { kind: 'ddim-squared-cosine' }],
    ['squared cosine', { kind: 'ddim-squared-cosine' }],
    ['DDIM sigmoid', undefined],
    ['decreasing alpha', undefined],
  ] as const) {
    assert.deepEqual(namedSchedule(words), wanted, words);
  }
});

test('time inputs are the index, or a coefficient times its factor', () => {
  const index = { base: 'index', factor: 1 };
  const alpha = { base: 'alphaBar', factor: 500 };
  const beta = { base: 'betaBar', factor: 500 };
  for (const [words, residual, noise] of [
    [undefined, index, index],
    ['index t', index, index],
    ['index/t', index, index],
    ['t, not cumulative', index, index],
    ['the integer index t of both networks', index, index],
    ['t / T', { base: 'index', factor: 1 / 500 }, { base: 'index', factor: 1 / 500 }],
    ['alpha_bar[t]*500 for the residual network, beta_bar[t]*500 for the noise network', alpha, beta],
    ['beta_bar * T for the noise network and alpha_bar * T for the residual network', alpha, beta],
    ['1000 * alpha_bar[t]', { base: 'alphaBar', factor: 1000 }, { base: 'alphaBar', factor: 1000 }],
    ['beta_bar[t]*500 for the noise network', undefined, beta],
    ['cumulative', alpha, beta],
  ] as const) {
    const times = readTimes(words, 500, 'file');
    assert.deepEqual([times.residual, times.noise], [residual, noise], words);
  }
  assert.throws(
    () => readTimes('log signal to noise', 500, 'file'),
    /expected network times .*got log signal to noise/,
  );
  assert.throws(() => readTimes('cumulative index', 500, 'file'), /expected network times/);
});

test('the first convolution shows the condition', () => {
  for (const [inputs, channels, condition, maskChannels] of [
    [3, 3, 'none', 0],
    [6, 3, 'input', 0],
    [7, 3, 'input-and-mask', 1],
    [9, 3, 'input-and-mask', 3],
    [2, 1, 'input', 0],
    [3, 1, 'input-and-mask', 1],
  ] as const) {
    assert.deepEqual(seenCondition(inputs, channels, 'file'), { condition, maskChannels });
  }
  assert.throws(() => seenCondition(4, 3, 'file'), /3, 6, 7, 9 channels .*got 4 channels for images of 3/);
});

test("Python's JSON may hold numbers that JSON does not have", () => {
  const parsed = parsePythonJson(
    '{"a": Infinity, "b": [-Infinity, NaN], "c": "NaN is Infinity", "d": "inf\\"NaN", "e": 1}',
  );
  const wanted = { a: Infinity, b: [-Infinity, NaN], c: 'NaN is Infinity', d: 'inf"NaN', e: 1 };
  assert.deepEqual(parsed, wanted);
});
