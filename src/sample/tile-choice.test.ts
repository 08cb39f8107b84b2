/** Which pictures are restored in tiles, and of which size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelConfig } from '../model/config.ts';
import { restoreMemory } from './memory.ts';
import { type TileChoice, tileChooser } from './tile-choice.ts';

const local = modelConfig({ unet: { kind: 'local', blocks: 'gated' } });
const paper = modelConfig({});
const size = (width: number, height: number) => ({ width, height, channels: 3 as const });
const phone = size(4032, 3024);
const sideOf = (tile: TileChoice, memory?: number, config = local) => {
  const choose = tileChooser(config, tile, memory);
  return (picture: ReturnType<typeof size>) => choose(picture)?.side;
};

test('auto: whole if that is quick to hold, else in the largest tiles that are', () => {
  assert.equal(sideOf('auto')(size(1920, 1080)), undefined);
  assert.equal(sideOf('auto')(phone), 1024);
  assert.equal(sideOf('auto', 16e9)(phone), 1024);
  // Half of the memory is for the picture.
  const need = (side?: number) => restoreMemory(local, phone, side);
  assert.ok(need(1024) > need(512) && need(512) > need(256) && need() > 2 * need(1024));
  assert.equal(sideOf('auto', 2 * need(1024) - 1)(phone), 512);
  assert.equal(sideOf('auto', 2 * need(512) - 1)(phone), 256);
  assert.equal(sideOf('auto', 1e9)(phone), 256);
  // A small picture, too, if the memory is.
  assert.equal(sideOf('auto', 1.2e9)(size(1000, 1000)), 256);
});

test('auto: whole with networks that look everywhere, or too far for tiles', () => {
  assert.equal(sideOf('auto', 1e9, paper)(phone), undefined);
  const deep = modelConfig({ unet: { kind: 'local', encoder: [1, 1, 1, 9], middle: 9, decoder: [9, 1, 1, 1] } });
  assert.equal(sideOf('auto', 1e9, deep)(phone), undefined);
});

test('a number of pixels is the side, rounded down to what the network can divide; off is never', () => {
  for (const picture of [phone, size(10, 10)]) {
    assert.equal(sideOf(500)(picture), 496);
    assert.equal(sideOf('off', 1e9)(picture), undefined);
  }
});

test('what tiles cannot be is refused at once', () => {
  assert.throws(() => tileChooser(local, 100), {
    name: 'RddmError',
    field: 'tile',
    message: /a side of tiles from 136/,
  });
  assert.throws(() => tileChooser(paper, 512), {
    name: 'RddmError',
    field: 'tile',
    message: /looks at the whole picture/,
  });
  for (const wrong of ['on', null] as unknown as TileChoice[]) {
    assert.throws(() => tileChooser(local, wrong), {
      name: 'RddmError',
      message: /^restore: expected auto, off or the side of tiles in pixels, got (on|null)$/,
    });
  }
});
