import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { addRain, drawRain, type RainOptions, rainOptionsSchema } from './rain.ts';

const plain = (width: number, height: number, value: number, channels: 1 | 3 = 3): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(value),
});

const steady: RainOptions = { density: 0.3, length: 40, width: 1.6, angle: 0, brightness: 0.6, veil: 0 };
const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};

test('the same seed gives the same bytes, another seed gives others', () => {
  const rainy = (seed: number) => {
    const random = createRandom(seed, ['rain']);
    return addRain(plain(50, 40, 60), drawRain(random, rainOptionsSchema.parse({})), random).data;
  };
  assert.deepEqual(rainy(1), rainy(1));
  assert.notDeepEqual(rainy(1), rainy(2));
});

test('without density and veil every byte stays', () => {
  const image: Image = { ...plain(64, 12, 0), data: Uint8Array.from({ length: 64 * 12 * 3 }, (_, i) => i % 256) };
  assert.deepEqual(addRain(image, { ...steady, density: 0 }, createRandom(1, [])).data, image.data);
});

test('the given picture is not changed', () => {
  const image = plain(32, 32, 50);
  addRain(image, steady, createRandom(1, []));
  assert.deepEqual(image, plain(32, 32, 50));
});

test('rain brightens the dark, is bluish, and is less visible in brighter pictures', () => {
  const change = (value: number) => mean(addRain(plain(128, 128, value), steady, createRandom(4, [])).data) - value;
  assert.ok(change(20) > change(90) && change(90) > change(160) && change(160) > 0);
  const { data } = addRain(plain(128, 128, 40), steady, createRandom(4, []));
  assert.ok(data.every((value) => value >= 40));
  assert.ok(mean(data.filter((_, i) => i % 3 === 2)) > mean(data.filter((_, i) => i % 3 === 0)));
});

test('white under rain stays white or a little darker, and keeps all colours', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = createRandom(seed, ['degrade', 'x']);
    const { data } = addRain(plain(64, 64, 255), drawRain(random, rainOptionsSchema.parse({})), random);
    const least = Math.min(...data);
    assert.ok(least > 200, `${least} with seed ${seed}`);
  }
});

test('a grey picture gets grey rain', () => {
  const rainy = addRain(plain(40, 30, 50, 1), steady, createRandom(2, []));
  assert.equal(rainy.channels, 1);
  assert.ok(rainy.data.some((value) => value > 80));
});

test('a crop and a whole photograph show the same rain, up to the border', () => {
  // In a plain picture the sky is the same everywhere, so brightness measures the covered area.
  const small: number[] = [];
  const border: number[] = [];
  for (let seed = 0; seed < 150; seed++) {
    const { data } = addRain(plain(64, 64, 60), steady, createRandom(seed, ['small']));
    small.push(mean(data));
    border.push(mean([...data.subarray(0, 64 * 3), ...data.subarray(63 * 64 * 3)]));
  }
  const large = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) =>
    mean(addRain(plain(512, 512, 60), steady, createRandom(seed, ['large'])).data),
  );
  const gain = mean(large) - 60;
  assert.ok(gain > 5, `gain ${gain}`);
  assert.ok(Math.abs(mean(small) - 60 - gain) < 0.1 * gain, `${mean(small) - 60} against ${gain}`);
  assert.ok(Math.abs(mean(border) - 60 - gain) < 0.15 * gain, `${mean(border) - 60} against ${gain}`);
});

test('streaks fall in the given direction', () => {
  for (const angle of [-35, 0, 20]) {
    const { data } = addRain(plain(256, 256, 40, 1), { ...steady, angle, length: 60, width: 3 }, createRandom(9, []));
    // The structure tensor's weak axis runs along the streaks.
    let [xx, xy, yy] = [0, 0, 0];
    for (let y = 1; y < 255; y++) {
      for (let x = 1; x < 255; x++) {
        const dx = data[y * 256 + x + 1] - data[y * 256 + x - 1];
        const dy = data[(y + 1) * 256 + x] - data[(y - 1) * 256 + x];
        xx += dx * dx;
        xy += dx * dy;
        yy += dy * dy;
      }
    }
    const across = (Math.atan2(2 * xy, xx - yy) / 2) * (180 / Math.PI);
    assert.ok(Math.abs(-across - angle) < 5, `measured ${-across}, asked for ${angle}`);
  }
});

test('default rain is heavy, but the picture stays recognisable', () => {
  const ramp = Uint8Array.from({ length: 256 * 256 * 3 }, (_, i) => 30 + Math.floor(i / 768) * 0.7);
  const image: Image = { width: 256, height: 256, channels: 3, data: ramp };
  const psnrs = Array.from({ length: 12 }, (_, seed) => {
    const random = createRandom(seed, ['default']);
    const { data } = addRain(image, drawRain(random, rainOptionsSchema.parse({})), random);
    return 10 * Math.log10(255 ** 2 / mean(Float64Array.from(data, (value, i) => (value - ramp[i]) ** 2)));
  });
  assert.ok(mean(psnrs) > 18 && mean(psnrs) < 28, `PSNR ${psnrs}`);
});

test('settings are numbers or ranges within bounds; anything else is refused', () => {
  const { density, angle } = rainOptionsSchema.parse({ density: 0.4, angle: [-5, 5] });
  assert.deepEqual(
    [density, angle],
    [
      [0.4, 0.4],
      [-5, 5],
    ],
  );
  for (let seed = 0; seed < 20; seed++) {
    const drawn = drawRain(createRandom(seed, []), rainOptionsSchema.parse({ density: 0.4, angle: [-5, 5] }));
    assert.equal(drawn.density, 0.4);
    assert.ok(drawn.angle >= -5 && drawn.angle < 5);
  }
  const message = (input: unknown) => rainOptionsSchema.safeParse(input).error?.issues[0].message;
  assert.match(message({ density: [0.5, 0.2] }) ?? '', /the least first/);
  assert.match(message({ density: 'much' }) ?? '', /expected a number or a range \[least, most\] within 0 to 2/);
  assert.match(message({ angle: 90 }) ?? '', /60/);
  assert.match(message({ dense: 1 }) ?? '', /dense/);
});
