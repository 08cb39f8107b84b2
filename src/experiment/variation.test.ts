import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { experimentSchema } from './experiment.ts';
import { variationOf, variationsOf } from './variation.ts';

const above = (left: string, right: string) => ({
  left: { series: left, metric: 'psnr' },
  is: 'above',
  right: { series: right, metric: 'psnr' },
});
const words = {
  ...{ id: 'table-0', title: 'Title', source: 'Table 0', minutes: 1, about: 'About.' },
  models: {
    one: { setting: 'rain', change: { model: { objective: 'residual' } } },
    two: { setting: 'rain', change: { model: { objective: 'noise' }, steps: 7 } },
    other: { setting: 'faces' },
  },
  measures: [
    { kind: 'sample', series: 'a', model: 'one', metrics: ['psnr'] },
    { kind: 'sample', series: 'b', model: 'two', metrics: ['psnr', 'agreement'], to: 'a' },
    { kind: 'sample', series: 'c', model: 'other', metrics: ['psnr'] },
  ],
  paper: [{ caption: 'Table 0', columns: ['', 'PSNR'], rows: [['one', 1]] }],
  findings: [
    {
      ...{ claim: 'b', paper: 'figures', again: ['longer'], note: 'A note.' },
      tests: [{ ...above('b', 'b'), right: 40 }],
    },
    { claim: 'c', paper: 'figures', again: ['wide'], tests: [above('c', 'a')] },
  ],
  variations: {
    longer: { title: 'more steps', minutes: 3, training: 'longer', change: { seed: 2 } },
    wide: { title: 'more channels', minutes: 3, change: { model: { unet: { dim: 32 } } }, pictures: 9 },
  },
};
const experiment = experimentSchema.parse(words);

describe('a variation', () => {
  const longer = variationOf(experiment, 'longer');

  it('has the findings that name it, the series they need, and those they are compared with', () => {
    assert.equal(longer.id, 'table-0-longer');
    assert.deepEqual(
      longer.findings.map(({ claim, again, note }) => [claim, again, note]),
      [['b', [], undefined]],
    );
    assert.deepEqual(
      longer.measures.map(({ series }) => series),
      ['a', 'b'],
    );
    assert.deepEqual(Object.keys(longer.models), ['one', 'two']);
  });

  it('trains as it says, with its change applied last', () => {
    const { two } = longer.models;
    assert.deepEqual([two.training, two.change, two.again], ['longer', words.models.two.change, { seed: 2 }]);
    assert.deepEqual([experiment.models.two.training, experiment.models.two.again], [undefined, {}]);
  });

  it('takes the number of pictures that it gives, or the same as before', () => {
    const picturesOf = (name: string) =>
      variationOf(experiment, name).measures.map((one) => 'pictures' in one && one.pictures);
    assert.deepEqual(picturesOf('wide'), [9, 9]);
    assert.deepEqual(picturesOf('longer'), [false, false]);
  });

  it('that does not exist is refused', () => {
    assert.throws(() => variationOf(experiment, 'wider'), /expected one of its variations \(longer, wide\), got wider/);
    assert.deepEqual([...variationsOf(experiment).keys()], ['longer', 'wide']);
  });

  it('that no finding names, and an unknown name in a finding, are refused', () => {
    const [first, second] = words.findings;
    const refused = (findings: unknown[]) =>
      experimentSchema.safeParse({ ...words, findings }).error?.issues[0].message;
    assert.match(String(refused([first])), /expected a finding that names it in "again"/);
    assert.match(String(refused([first, second, { ...second, again: ['wider'] }])), /got "wider"/);
    assert.match(String(refused([first, { ...second, again: ['wide', 'wide'] }])), /every variation once/);
  });
});
