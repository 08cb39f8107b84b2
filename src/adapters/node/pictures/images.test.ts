import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import crc32 from 'crc-32';
import sharp from 'sharp';
import type { Image } from '../../../data/image.ts';
import { createRandom } from '../../../math/random.ts';
import { imageSize, listImages, readImage, writableKind, writeImage } from './images.ts';

const folder = mkdtempSync(join(tmpdir(), 'rddm-images-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function noise(width: number, height: number, channels: 1 | 3 = 3): Image {
  const random = createRandom(width * 1000 + height, ['images test']);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => random.integer(256)),
  };
}

/** A gradient, which lossy formats keep well. */
function smooth(width: number, height: number): Image {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 40 + (i % 3) * 30 + Math.floor(i / 3 / width) * 2,
  );
  return { width, height, channels: 3, data };
}

const differences = (a: Image, b: Image) => Array.from(a.data, (value, i) => Math.abs(value - b.data[i]));

const raw = ({ width, height, channels }: Image) => ({ raw: { width, height, channels } });

/** The one-sentence error of reading a file. */
async function sentence(name: string, read: (path: string) => Promise<unknown> = readImage): Promise<string> {
  const error: unknown = await read(at(name)).then(
    () => assert.fail(`${name} was read`),
    (caught) => caught,
  );
  assert.ok(error instanceof Error && error.name === 'RddmError', String(error));
  assert.ok(error.message.startsWith(`${at(name)}: expected `) && !error.message.includes('\n'), error.message);
  return error.message;
}

test('PNG and TIFF keep every value of grey and colour; other formats come close', async () => {
  for (const channels of [1, 3] as const) {
    for (const ending of ['png', 'tif', 'TIFF']) {
      const image = noise(13, 7, channels);
      await writeImage(at(`exact.${ending}`), image);
      assert.deepEqual(await readImage(at(`exact.${ending}`), { channels }), image, ending);
    }
  }
  for (const ending of ['jpg', 'jpeg', 'webp', 'avif']) {
    const image = smooth(48, 32);
    await writeImage(at(`close.${ending}`), image);
    const read = await readImage(at(`close.${ending}`));
    assert.deepEqual([read.width, read.height, read.channels], [48, 32, 3]);
    const largest = Math.max(...differences(read, image));
    assert.ok(largest <= 6, `${ending}: off by ${largest}`);
  }
});

test('JPEG is written at quality 95 with full colour resolution, a grey picture as a grey file', async () => {
  await writeImage(at('colour.jpg'), smooth(32, 32));
  assert.equal((await sharp(at('colour.jpg')).metadata()).chromaSubsampling, '4:4:4');
  await writeImage(at('grey.png'), noise(4, 4, 1));
  assert.equal((await sharp(at('grey.png')).metadata()).channels, 1);
});

test('a grey file reads as R = G = B, a colour file as grey by the usual weights', async () => {
  await writeImage(at('g.png'), { width: 2, height: 1, channels: 1, data: Uint8Array.of(10, 200) });
  assert.deepEqual([...(await readImage(at('g.png'))).data], [10, 10, 10, 200, 200, 200]);
  await writeImage(at('c.png'), {
    width: 3,
    height: 1,
    channels: 3,
    data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255),
  });
  assert.deepEqual([...(await readImage(at('c.png'), { channels: 1 })).data], [76, 150, 29]);
});

test('a rotated camera: EXIF orientation 6 is applied, also to the size', async () => {
  const image: Image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  writeFileSync(
    at('turned.png'),
    await sharp(image.data, raw(image)).withMetadata({ orientation: 6 }).png().toBuffer(),
  );
  assert.deepEqual(await imageSize(at('turned.png')), { width: 2, height: 3 });
  const upright = await readImage(at('turned.png'), { channels: 1 });
  assert.deepEqual([upright.width, upright.height, ...upright.data], [2, 3, 4, 1, 5, 2, 6, 3]);
});

test('16 bits, alpha, palette, CMYK and a colour profile are all read as 8-bit sRGB', async () => {
  const wide = Uint16Array.of(0x0000, 0x8080, 0xffff, 0x1010, 0x2020, 0x3030);
  const deep = sharp(wide, { raw: { width: 2, height: 1, channels: 3 } });
  writeFileSync(at('16.png'), await deep.toColourspace('rgb16').png().toBuffer());
  assert.equal((await sharp(at('16.png')).metadata()).depth, 'ushort');
  assert.deepEqual([...(await readImage(at('16.png'))).data], [0x00, 0x80, 0xff, 0x10, 0x20, 0x30]);

  const greys = sharp(Uint16Array.of(0x0000, 0xabab), { raw: { width: 2, height: 1, channels: 1 } });
  writeFileSync(at('grey16.png'), await greys.toColourspace('grey16').png().toBuffer());
  assert.equal((await sharp(at('grey16.png')).metadata()).depth, 'ushort');
  assert.deepEqual([...(await readImage(at('grey16.png'), { channels: 1 })).data], [0x00, 0xab]);

  const glass = sharp(Uint8Array.of(9, 8, 7, 0, 6, 5, 4, 128), { raw: { width: 2, height: 1, channels: 4 } });
  writeFileSync(at('alpha.png'), await glass.png().toBuffer());
  assert.deepEqual([...(await readImage(at('alpha.png'))).data], [9, 8, 7, 6, 5, 4]);

  const few = { width: 2, height: 1, channels: 3 as const, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
  writeFileSync(at('palette.png'), await sharp(few.data, raw(few)).png({ palette: true }).toBuffer());
  assert.deepEqual([...(await readImage(at('palette.png'))).data], [...few.data]);

  const photo = smooth(32, 16);
  writeFileSync(at('cmyk.jpg'), await sharp(photo.data, raw(photo)).toColourspace('cmyk').jpeg().toBuffer());
  assert.equal((await sharp(at('cmyk.jpg')).metadata()).space, 'cmyk');
  const ink = await readImage(at('cmyk.jpg'));
  assert.deepEqual([ink.width, ink.height, ink.channels, ink.data.length], [32, 16, 3, 32 * 16 * 3]);
  const off = differences(ink, photo).reduce((sum, difference) => sum + difference) / ink.data.length;
  assert.ok(off < 12, `mean difference through CMYK ${off}`);

  writeFileSync(at('p3.png'), await sharp(photo.data, raw(photo)).withIccProfile('p3').png().toBuffer());
  const stored = await sharp(at('p3.png')).metadata();
  assert.ok(stored.hasProfile);
  const largest = Math.max(...differences(await readImage(at('p3.png')), photo));
  assert.ok(largest <= 2, `P3 and back: off by ${largest}`);
});

test('truncated pictures of every format are an error, wherever they end', async () => {
  const image = noise(64, 48);
  for (const ending of ['png', 'jpg', 'webp', 'tif', 'avif']) {
    await writeImage(at(`whole.${ending}`), image);
    const bytes = readFileSync(at(`whole.${ending}`));
    for (const length of [bytes.length - 1, bytes.length - 20, bytes.length >> 1, 40]) {
      writeFileSync(at(`cut.${ending}`), bytes.subarray(0, length));
      assert.match(await sentence(`cut.${ending}`), /expected a complete \w+ image, got a truncated or damaged one; /);
    }
  }
});

test('a flipped bit in a PNG is an error', async () => {
  await writeImage(at('sound.png'), noise(64, 48));
  const bytes = readFileSync(at('sound.png'));
  bytes[bytes.length >> 1] ^= 0xff;
  writeFileSync(at('flipped.png'), bytes);
  assert.match(await sentence('flipped.png'), /truncated or damaged/);
});

test('the error for a file that is not a picture says what it is, and what to do', async () => {
  writeFileSync(at('text.png'), 'This is not a picture.\n');
  writeFileSync(at('drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  writeFileSync(at('empty.png'), '');
  mkdirSync(at('folder.png'));
  const kinds = 'expected a PNG, JPEG, WebP, TIFF, AVIF or GIF image, got';
  for (const read of [readImage, imageSize]) {
    assert.ok(
      (await sentence('text.png', read)).endsWith(
        `${kinds} a file of another kind; convert it, or remove it from the folder`,
      ),
    );
    assert.ok((await sentence('drawing.png', read)).includes(`${kinds} a file of another kind`));
    assert.ok((await sentence('empty.png', read)).endsWith(`${kinds} an empty file; copy or download it again`));
    assert.ok(
      (await sentence('absent.png', read)).endsWith('expected an image file, got nothing of that name; check the path'),
    );
    assert.ok((await sentence('folder.png', read)).endsWith('expected an image file, got a folder; name a file in it'));
  }
});

test('a picture above the pixel limit is refused before it is decoded', async () => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeInt32BE(crc32.buf(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20, 8, 0, 0, 0, 0]); // 20000x20000, grey
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(9))), chunk('IEND', Buffer.alloc(0))];
  writeFileSync(at('vast.png'), Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts]));
  assert.match(await sentence('vast.png'), /expected at most 268402689 pixels, got 20000x20000; scale it down/);
});

test('a rewritten file is read again', async () => {
  for (const value of [1, 250]) {
    await writeImage(at('changing.png'), { width: 1, height: 1, channels: 1, data: Uint8Array.of(value) });
    assert.equal((await readImage(at('changing.png'))).data[0], value);
  }
});

test('listImages: sorted, no hidden files, no subfolders; an empty or missing folder is a sentence', async () => {
  for (const path of ['list', 'list/sub.png', 'bare', 'other']) mkdirSync(at(path));
  for (const name of ['b.png', 'a.JPG', '.hidden.png', 'notes.txt', 'c10.webp']) writeFileSync(at(`list/${name}`), '');
  assert.deepEqual(await listImages(at('list')), [at('list/a.JPG'), at('list/b.png'), at('list/c10.webp')]);
  assert.match(await sentence('bare', listImages), /in this folder, got none; name another folder/);
  writeFileSync(at('other/old.bmp'), '');
  assert.match(await sentence('other', listImages), /got none \(old.bmp is another kind\)/);
  assert.match(await sentence('nowhere', listImages), /expected a folder of images, got nothing of that name/);
  assert.match(await sentence('list/b.png', listImages), /expected a folder of images, got a file; /);
});

test('writeImage refuses unknown endings, impossible sizes and inconsistent pictures, and leaves nothing behind', async () => {
  mkdirSync(at('out'));
  const dot = noise(1, 1);
  assert.match(
    await sentence('out/x.bmp', (path) => writeImage(path, dot)),
    /an image name ending in \.png .*, got \.bmp/,
  );
  assert.match(await sentence('out/x', (path) => writeImage(path, dot)), /got no ending/);
  assert.throws(() => writableKind('x.gif'), /got \.gif/);
  const long = { width: 70000, height: 1, channels: 1 as const, data: new Uint8Array(70000) };
  assert.match(
    await sentence('out/x.jpg', (path) => writeImage(path, long)),
    /that this format can hold, got 70000x1 .*write a \.png/,
  );
  await assert.rejects(
    writeImage(at('out/x.png'), { ...dot, width: 2 }),
    /expected 3 values for each of 2x1 pixels, got 3 values/,
  );
  assert.deepEqual(readdirSync(at('out')), []);
});
