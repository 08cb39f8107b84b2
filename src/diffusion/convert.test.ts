import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromDdim, toDdim } from './convert.ts';
import { ddimAlphaBar } from './ddim.ts';
import { createSchedule } from './schedule.ts';

test('the converted mixture is the DDIM mixture', () => {
  const alphaBarDdim = ddimAlphaBar('ddim-linear', 100);
  const { alphaBar, betaBar } = fromDdim(alphaBarDdim);
  const [clean, noise] = [0.7, -1.3];
  for (let time = 0; time < 100; time++) {
    // Eq. 7 with I_in = 0, so I_res = −I_0.
    const rddm = clean + alphaBar[time] * -clean + betaBar[time] * noise;
    const ddim = Math.sqrt(alphaBarDdim[time]) * clean + Math.sqrt(1 - alphaBarDdim[time]) * noise;
    assert.ok(Math.abs(rddm - ddim) < 1e-12);
  }
});

test('converting DDIM to RDDM and back is the identity, and so is the other way round', () => {
  const anyTable = fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 })
    .map((values) => values.sort((a, b) => b - a));
  fc.assert(
    fc.property(anyTable, (table) => {
      const tables = fromDdim(table);
      const back = toDdim(tables);
      back.forEach((value, time) => {
        assert.ok(Math.abs(value - table[time]) < 1e-12);
      });
      const again = fromDdim(back);
      // √ is steep at 0, where only half the digits remain.
      again.alphaBar.forEach((value, time) => {
        assert.ok(Math.abs(value - tables.alphaBar[time]) < 1e-6);
      });
    }),
  );
  for (const kind of ['ddim-linear', 'ddim-scaled-linear', 'ddim-squared-cosine'] as const) {
    const table = ddimAlphaBar(kind, 1000);
    toDdim(createSchedule({ kind })).forEach((value, time) => {
      assert.ok(Math.abs(value - table[time]) < 1e-14);
    });
  }
});

test('a schedule that no DDIM schedule converts to is refused', () => {
  assert.throws(() => toDdim(createSchedule({ timesteps: 4 })), /toDdim: expected a schedule with .*time 0/);
  assert.throws(() => toDdim(createSchedule({ kind: 'ddim-linear', noiseStrength: 0.5 })), /noise strength 1/);
  assert.throws(() => fromDdim([0.5, 0.6]), /fromDdim: expected a table .*got 0.6 at 1/);
  assert.throws(() => fromDdim([1.5]), /got 1.5 at 0/);
  assert.throws(() => fromDdim([Number.NaN]), /got NaN at 0/);
});
