/** The local network as a kind: what it says of itself, and which settings and weights it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feed } from '../graph/build.ts';
import { filled, type TensorMap } from '../math/tensor.ts';
import { recordParameters } from '../nn/parameters.ts';
import { local } from './local.ts';
import { foreign } from './read-weights.ts';
import { networkOf, networkSchema, refuseImpossibleNetwork } from './registry.ts';

const config = networkSchema.parse({
  kind: 'local',
  blocks: 'gated',
  width: 16,
  encoder: [1, 0],
  middle: 3,
  decoder: [2, 1],
  channels: 1,
});

test('says its sizes in a line, and how far it sees', () => {
  const { summary, levels, sizeMultiple } = networkOf(config);
  assert.equal(
    summary,
    'local, width 16, gated blocks: 1 0 down, 3 in the middle, 2 1 up, 1 channels, sees 47 pixels around each',
  );
  assert.deepEqual([levels, sizeMultiple], [3, 8]);
});

test('refuses settings that contradict each other', () => {
  const refusals = (settings: object): string[] => {
    const found: string[] = [];
    const given = networkSchema.parse({ kind: 'local', ...settings });
    refuseImpossibleNetwork(given, (message, path) => found.push(`${path.join('.')}: ${message}`));
    return found;
  };
  assert.deepEqual(refusals({ encoder: [1] }), ['decoder: expected 1 levels, as encoder has, got 2']);
  assert.deepEqual(refusals({ width: 5 }), ['width: expected an even width (half sines, half cosines of time), got 5']);
  assert.deepEqual(refusals({ width: 2 }), [
    'width: expected a width of at least 4 (the time embedding divides by width/2 - 1), got 2',
  ]);
});

test('keeps in float32 what sees the picture and what makes it', () => {
  const { keptExact, build, timeWidth } = networkOf(config);
  const request = { seen: feed('seen', [1, 1, 8, 8]), time: feed('time', [1, timeWidth]), outChannels: 1 };
  const names = Object.keys(recordParameters((parameters) => build({ ...request, parameters })));
  const kept = names.filter((name) => keptExact?.test(`unet0.${name}`));
  assert.deepEqual(kept, ['intro.weight', 'intro.bias', 'ending.weight', 'ending.bias']);
});

test('refuses weights whose channels are no folded pixels', () => {
  const weights = (inputs: number, outputs: number): TensorMap => ({
    'intro.weight': filled([8, inputs, 3, 3], 0),
    'ending.weight': filled([outputs, 8, 3, 3], 0),
  });
  const read = (inputs: number, outputs: number) => () =>
    local.reader?.read(weights(inputs, outputs), '', false, 'file');
  assert.throws(read(6, 12), { message: `file: expected channels of intro.weight divisible by 4, got 6; ${foreign}` });
  assert.throws(read(24, 3), { message: `file: expected channels of ending.weight divisible by 4, got 3; ${foreign}` });
});
