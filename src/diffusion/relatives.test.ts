/** Each model against its published forward formula, written here in that model's own terms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tensor } from '../math/tensor.ts';
import { forwardProcess, residualOf } from './forward.ts';
import { type Mixture, mixturePoint, type RelativeName, relativeMixtures, relativeNames } from './relatives.ts';
import { createSchedule } from './schedule.ts';

const [x0, y, eps] = [0.7, -0.35, 1.3];
const mixed = ({ clean, input, noise }: Mixture) => clean * x0 + input * y + noise * eps;
const close = (actual: number, wanted: number, what: string, tolerance = 1e-10) =>
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${what}: ${actual} is not ${wanted}`);

/** Compares every state of a model with mean and deviation of its published q(x_t | x_0, y). */
function holds(
  name: RelativeName,
  timesteps: number,
  strength: number,
  published: (t: number) => { mean: number; deviation: number },
): void {
  relativeMixtures(name, timesteps, strength).forEach((mixture, time) => {
    const { mean, deviation } = published(time + 1);
    close(mixed(mixture), mean + deviation * eps, `${name} at ${time + 1}`);
  });
}

test('DDPM and DDIM: x_t = √(1 − β_t) x_{t−1} + √β_t ε, step by step, β linear from 1e-4 to 0.02', () => {
  for (const name of ['ddpm', 'ddim'] as const) {
    let [mean, variance] = [x0, 0];
    holds(name, 1000, 1, (t) => {
      const beta = 1e-4 + ((0.02 - 1e-4) * (t - 1)) / 999;
      mean *= Math.sqrt(1 - beta);
      variance = (1 - beta) * variance + beta;
      return { mean, deviation: Math.sqrt(variance) };
    });
  }
});

test('IDDPM: ᾱ_t = f(t) / f(0), f(t) = cos²((t/T + 0.008) / 1.008 · π/2), as far as β stays below 0.999', () => {
  const f = (t: number) => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  relativeMixtures('iddpm', 1000).forEach(({ clean, noise }, time) => {
    if (time === 999) return;
    const product = f(time + 1) / f(0);
    close(clean, Math.sqrt(product), `iddpm at ${time}`);
    close(noise, Math.sqrt(1 - product), `iddpm at ${time}`);
  });
});

test('Cold Diffusion between two images: √ᾱ_t x + √(1 − ᾱ_t) z with ᾱ of the cosine, without noise', () => {
  const f = (t: number) => Math.cos(((t / 100 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
  relativeMixtures('cold-diffusion', 100).forEach(({ clean, input, noise }, time) => {
    assert.equal(noise, 0);
    if (time === 99) return;
    close(clean, Math.sqrt(f(time + 1) / f(0)), `cold-diffusion at ${time}`);
    close(input, Math.sqrt(1 - f(time + 1) / f(0)), `cold-diffusion at ${time}`);
  });
  // A third coefficient scales its input; schedules have none.
  const mixture = relativeMixtures('cold-diffusion', 100)[49];
  const { alphaBar, inputScale } = mixturePoint(mixture);
  assert.ok(inputScale > 1.5);
  close(x0 + alphaBar * (inputScale * y - x0), mixed(mixture), 'the three coefficients');
});

test('InDI: x_t = (1 − t) x + t y + √t ε n', () => {
  holds('indi', 250, 0.01 ** 2, (step) => {
    const t = step / 250;
    return { mean: (1 - t) * x0 + t * y, deviation: Math.sqrt(t) * 0.01 };
  });
});

test('I²SB: the Brownian bridge between the two images, as N(x_0 …) times N(… x_1)', () => {
  const T = 1000;
  // Its code: √β rises linearly from √1e-4 to √(0.3 / 1000) in T steps; it uses the first half, then that half
  // reversed.
  const line = Array.from({ length: T }, (_, i) => (0.01 + ((Math.sqrt(0.3 / T) - 0.01) * i) / (T - 1)) ** 2);
  const half = line.slice(0, T / 2);
  const beta = [...half, ...[...half].reverse()];
  const sum = (from: number, to: number) => beta.slice(from, to).reduce((total, one) => total + one, 0);
  holds('i2sb', T, 1, (t) => {
    const [past, future] = [sum(0, t), sum(t, T)];
    if (future === 0) return { mean: y, deviation: 0 };
    // Multiplying two normal densities adds their precisions.
    const precision = 1 / past + 1 / future;
    return { mean: (x0 / past + y / future) / precision, deviation: Math.sqrt(1 / precision) };
  });
});

test('Rectified Flow: the straight line from source to target', () => {
  // Its time runs towards the data: X_s = s X_1 + (1 − s) X_0.
  holds('rectified-flow', 40, 1, (t) => {
    const s = 1 - t / 40;
    return { mean: s * x0 + (1 - s) * y, deviation: 0 };
  });
});

test('ResShift: x_t = x_{t−1} + α_t (y − x_0) + κ √α_t ε with √η_t = √η_1 b^β_t', () => {
  const [T, kappa, p] = [15, 2, 0.3];
  const first = Math.min(0.04 / kappa, Math.sqrt(0.001));
  const b = Math.exp((1 / (2 * (T - 1))) * Math.log(0.999 / first ** 2));
  let [previous, mean, variance] = [0, x0, 0];
  holds('resshift', T, kappa ** 2, (t) => {
    const eta = (first * b ** (((t - 1) / (T - 1)) ** p * (T - 1))) ** 2;
    mean += (eta - previous) * (y - x0);
    variance += kappa ** 2 * (eta - previous);
    previous = eta;
    return { mean, deviation: Math.sqrt(variance) };
  });
});

test('IR-SDE: dx = θ (μ − x) dt + σ dw with σ² = 2 λ² θ, integrated step by step', () => {
  const [T, lambda] = [100, 50 / 255];
  // Its code: θ = 1 − the cumulative cosine over T + 2 without the first, and dt such that e^−θ̄ ends at 0.005.
  const f = (x: number) => Math.cos(((x / (T + 2) + 0.008) / 1.008) * Math.PI * 0.5) ** 2;
  const theta = Array.from({ length: T + 1 }, (_, i) => 1 - f(i + 1) / f(0)).slice(1);
  const dt = -Math.log(0.005) / theta.reduce((sum, one) => sum + one, 0);
  let [mean, variance] = [x0, 0];
  holds('ir-sde', T, lambda ** 2, (t) => {
    const decay = Math.exp(-theta[t - 1] * dt);
    mean = y + (mean - y) * decay;
    variance = variance * decay ** 2 + lambda ** 2 * (1 - decay ** 2);
    return { mean, deviation: Math.sqrt(variance) };
  });
});

test('as schedules they give the same mixtures by Eq. 7', () => {
  const parts = { clean: tensor([1], [x0]), noise: tensor([1], [eps]) };
  const residual = residualOf(parts.clean, tensor([1], [y]));
  for (const kind of ['indi', 'rectified-flow', 'resshift', 'ir-sde'] as const) {
    const noiseStrength = kind === 'rectified-flow' ? 0 : 0.09;
    const schedule = createSchedule({ kind, timesteps: 50, noiseStrength });
    relativeMixtures(kind, 50, noiseStrength).forEach((mixture, time) => {
      close(forwardProcess(schedule, time, { ...parts, residual }).data[0], mixed(mixture), `${kind} at ${time}`, 1e-6);
      assert.equal(
        mixturePoint(mixture).inputScale === 1 || Math.abs(mixturePoint(mixture).inputScale - 1) < 1e-12,
        true,
      );
    });
  }
  const without = residualOf(parts.clean);
  for (const [name, kind] of [
    ['ddpm', 'ddim-linear'],
    ['iddpm', 'ddim-squared-cosine'],
  ] as const) {
    const schedule = createSchedule({ kind, timesteps: 50 });
    relativeMixtures(name, 50).forEach((mixture, time) => {
      const state = forwardProcess(schedule, time, { ...parts, residual: without }).data[0];
      close(state, mixture.clean * x0 + mixture.noise * eps, `${name} at ${time}`, 1e-6);
      assert.equal(mixturePoint(mixture).inputScale, 0);
    });
  }
});

test('InDI is the power schedule with both courses mean; Rectified Flow is the same without noise', () => {
  const mean = { timesteps: 30, alpha: 'mean', beta: 'mean' } as const;
  for (const [kind, noiseStrength] of [
    ['indi', 0.25],
    ['rectified-flow', 0],
  ] as const) {
    const [ours, power] = [
      createSchedule({ kind, timesteps: 30, noiseStrength }),
      createSchedule({ ...mean, noiseStrength }),
    ];
    for (let time = 0; time < 30; time++) {
      close(ours.alphaBar[time], power.alphaBar[time], kind);
      close(ours.betaBar[time], power.betaBar[time], kind);
    }
  }
});

test('bad input is refused', () => {
  assert.throws(() => relativeMixtures('sgm' as 'ddpm', 10), /relativeMixtures: expected one of ddpm, .*got sgm/);
  assert.throws(() => relativeMixtures('indi', 0), /timesteps.*got 0/);
  assert.throws(() => relativeMixtures('indi', 10, -1), /strength.*got -1/);
  assert.throws(
    () => createSchedule({ kind: 'rectified-flow', noiseStrength: 1 }),
    /noiseStrength 0 with kind rectified/,
  );
  for (const name of relativeNames) assert.equal(relativeMixtures(name, 1).length, 1);
});
