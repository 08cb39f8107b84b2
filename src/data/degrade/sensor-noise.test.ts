import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import { poisson } from './poisson.ts';
import { addSensorNoise } from './sensor-noise.ts';

/** Mean and variance. */
function moments(values: ArrayLike<number>): [number, number] {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] ** 2;
  }
  const mean = sum / values.length;
  return [mean, squares / values.length - mean ** 2];
}

test('variance is shot² · light + read², and the mean is the light, for few photons and for many', () => {
  for (const light of [0, 0.002, 0.02, 0.3, 1]) {
    const noise = { shot: 0.05, read: 0.004 };
    const values = new Float32Array(40000).fill(light);
    addSensorNoise(values, noise, createRandom(2, [`${light}`]));
    const [mean, variance] = moments(values);
    const wanted = noise.shot ** 2 * light + noise.read ** 2;
    assert.ok(Math.abs(mean - light) < 5 * Math.sqrt(wanted / values.length), `mean ${mean} of ${light}`);
    assert.ok(Math.abs(variance / wanted - 1) < 0.05, `variance ${variance} for ${wanted}`);
  }
});

test('no noise changes nothing', () => {
  const values = Float32Array.of(0, 0.5, 1);
  addSensorNoise(values, { shot: 0, read: 0 }, createRandom(1, []));
  assert.deepEqual([...values], [0, 0.5, 1]);
  addSensorNoise(values, { shot: 0, read: 0.1 }, createRandom(1, []));
  assert.ok(values.every((value, i) => value !== [0, 0.5, 1][i] && Number.isFinite(value)));
});

test('counts have the mean and variance of Poisson, below and above the switch to the normal distribution', () => {
  const random = createRandom(3, []);
  for (const mean of [0, 0.3, 7, 49, 60]) {
    const [average, variance] = moments(Float64Array.from({ length: 20000 }, () => poisson(random, mean)));
    assert.ok(Math.abs(average - mean) <= 5 * Math.sqrt(mean / 20000), `${average} of ${mean}`);
    assert.ok(Math.abs(variance - mean) <= 0.06 * mean, `${variance} of ${mean}`);
  }
});
