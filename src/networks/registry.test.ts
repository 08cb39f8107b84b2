/** What all kinds of network have in common, and what their settings say about their differences. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { feed } from '../graph/build.ts';
import { recordParameters } from '../nn/parameters.ts';
import {
  kindField,
  kindName,
  kindOf,
  networkNames,
  networkOf,
  networkSchema,
  refuseImpossibleNetwork,
} from './registry.ts';

const paper = networkSchema.parse({ dim: 16, multipliers: [1, 2, 4] });
const diffusers = networkSchema.parse({
  kind: 'diffusers',
  widths: [64, 32],
  down: ['plain', 'attention'],
  up: ['plain', 'plain'],
  size: [24, 32],
});
const both = [paper, diffusers];

for (const name of networkNames) {
  describe(`the kind ${name}`, () => {
    const kind = kindOf({ kind: name });
    const settings = networkSchema.parse(kindField(name));

    test('describes every setting, and each has a default or may be left out', () => {
      const { properties = {}, required = [] } = z.toJSONSchema(kind.settings, { io: 'input' });
      assert.deepEqual(required, []);
      for (const [field, property] of Object.entries(properties)) {
        assert.ok(typeof property === 'object' && property.description, field);
      }
    });

    test('has consistent defaults', () => {
      refuseImpossibleNetwork(settings, (message) => assert.fail(message));
    });

    test('builds a network that matches its description', () => {
      const network = networkOf(settings);
      const side = network.sizeMultiple;
      const embedded = network.embeddedTimes([1, 999]);
      assert.deepEqual(embedded.shape, [2, network.timeWidth]);
      const request = {
        seen: feed('seen', [2, 5, side, 2 * side]),
        time: feed('time', embedded.shape),
        outChannels: 4,
      };
      const specs = recordParameters((parameters) => {
        assert.deepEqual(network.build({ ...request, parameters }).shape, [2, 4, side, 2 * side]);
      });
      const names = Object.keys(specs);
      assert.ok(!network.keptExact || names.some((weight) => network.keptExact?.test(weight)));
      assert.ok(!kind.reader || names.includes(kind.reader.sign));
      recordParameters((parameters) => {
        for (const { shape } of network.buildSharedEncoder?.({ ...request, parameters }) ?? []) {
          assert.deepEqual(shape, [2, 4, side, 2 * side]);
        }
      });
      if (side > 1) {
        const odd = { ...request, seen: feed('seen', [2, 5, side, side + 1]) };
        const build = () => recordParameters((parameters) => network.build({ ...odd, parameters }));
        assert.throws(build, {
          name: 'RddmError',
          message: new RegExp(`divisible by ${side}, got ${side}x${side + 1}`),
        });
      }
    });

    test('has settings that its weights reveal, except those that no weight shows', () => {
      const { reader } = kind;
      if (!reader) return;
      const network = networkOf(settings);
      const side = network.sizeMultiple;
      const time = feed('time', [1, network.timeWidth]);
      const request = { seen: feed('seen', [1, 6, side, side]), time, outChannels: settings.channels };
      const weights = Object.fromEntries(
        Object.entries(recordParameters((parameters) => network.build({ ...request, parameters }))).map(
          ([weight, { shape }]) => [weight, { shape, data: new Float32Array(0) }],
        ),
      );
      const seen = reader.read(weights, '', false, 'test');
      const wanted = Object.entries(settings).filter(
        ([field]) => !['kind', 'channels', ...reader.unseen].includes(field),
      );
      assert.deepEqual(seen, { settings: Object.fromEntries(wanted), inputs: 6, outputs: settings.channels });
    });
  });
}

test("settings without a kind are the paper's", () => {
  assert.equal(kindName(networkSchema.parse({})), 'rddm');
  assert.deepEqual([kindField('rddm'), kindField('diffusers')], [{}, { kind: 'diffusers' }]);
  assert.throws(() => networkSchema.parse({ kind: 'other' }));
  assert.throws(() => networkSchema.parse({ widths: [64] }));
});

test('each level but the last halves the sides', () => {
  assert.deepEqual(
    both.map((config) => networkOf(config).levels),
    [3, 2],
  );
  assert.deepEqual(
    both.map((config) => networkOf(config).sizeMultiple),
    [4, 2],
  );
});

test('the time embedding is as wide as the first level', () => {
  assert.deepEqual(
    both.map((config) => networkOf(config).timeWidth),
    [16, 64],
  );
});

test('the size of training pictures is known if the settings say it', () => {
  assert.deepEqual(
    both.map((config) => networkOf(config).trainedSize),
    [undefined, { height: 24, width: 32 }],
  );
});

test('a line of text says what it is', () => {
  assert.equal(networkOf(paper).summary, 'dim 16, multipliers 1 2 4, 3 channels, 8 groups');
  const line =
    'diffusers, widths 64 32, 2 blocks a level, attention on level 2 down and none up (one head), 3 channels, 32 groups';
  assert.equal(networkOf(diffusers).summary, line);
});

test("only the paper's U-Net has a shared encoder", () => {
  assert.deepEqual(
    both.map((config) => networkOf(config).buildSharedEncoder !== undefined),
    [true, false],
  );
});
