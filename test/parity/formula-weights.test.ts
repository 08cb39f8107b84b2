/** The formula's first elements, worked out by hand from its text, and a file made with other weights. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeSafetensors } from '../../src/checkpoint/safetensors.ts';
import { tensor } from '../../src/math/tensor.ts';
import { formulaTensor, formulaWeights } from './formula-weights.ts';
import { readGolden } from './golden-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rddm-formula-'));
after(() => rmSync(folder, { recursive: true }));

test('each kind scales the same r', () => {
  // x = 0.6180339887498949 + 0.7548776662466927 = 1.3729116549965876, so r = 2 · 0.3729116549965876 − 1.
  const r = -0.2541766900068248;
  const first = (kind: string, shape: readonly number[] = [2]) =>
    formulaTensor({ name: 'p', shape, kind }, 0, 6).data[0];
  assert.equal(first('weight', [2, 3, 2, 1]), Math.fround(r));
  assert.equal(first('bias'), Math.fround(r * 0.05));
  assert.equal(first('norm weight'), Math.fround(1 + 0.2 * r));
  assert.equal(first('norm bias'), Math.fround(0.1 * r));
  assert.equal(first('running mean'), Math.fround(0.1 * r));
  assert.equal(first('running var'), Math.fround(1 + 0.5 * r));
  assert.throws(() => first('gain'), { message: /expected p to be a weight, a bias, .*, got gain/ });
});

test("weights have either name, and are refused if they do not match the file's sums", () => {
  const parameters = [
    { name: 'a.query.weight', newName: 'a.to_q.weight', shape: [2, 3], kind: 'weight' },
    { name: 'b.bias', shape: [4], kind: 'bias' },
  ];
  const made = parameters.map((parameter, i) => formulaTensor(parameter, i, 6));
  const write = (name: string, wrong: number): string => {
    const path = join(folder, name);
    const sums = made.map(({ data }) => data.reduce((total, x) => total + x, 0));
    const lasts = made.map(({ data }) => data[data.length - 1]);
    const tensors = { parameter_last: tensor([2], lasts), parameter_sum: tensor([2], [sums[0], sums[1] + wrong]) };
    writeFileSync(path, encodeSafetensors(tensors, { weight_gain: '6', parameters: JSON.stringify(parameters) }));
    return path;
  };
  const golden = readGolden(write('right.safetensors', 0));
  const [query, bias] = made;
  assert.deepEqual(formulaWeights(golden), { 'a.query.weight': query, 'b.bias': bias });
  assert.deepEqual(formulaWeights(golden, 'newName'), { 'a.to_q.weight': query, 'b.bias': bias });
  assert.throws(() => formulaWeights(readGolden(write('wrong.safetensors', 1e-3))), {
    message: /^wrong\.safetensors: expected b\.bias with last element .* and sum .*, got /,
  });
});
