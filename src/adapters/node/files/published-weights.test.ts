/** Fetching from our own server: files are checked, kept, and read from the cache the next time. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { encodeSafetensors } from '../../../checkpoint/safetensors.ts';
import { filled } from '../../../math/tensor.ts';
import { openLpipsHeads, publishedBytes } from './published-weights.ts';

const root = mkdtempSync(join(tmpdir(), 'rddm-weights-'));
const contents = Buffer.from('the published weights');
const digits = createHash('sha256').update(contents).digest('hex').slice(0, 8);
let [requests, body] = [0, contents];
const server = createServer((request, response) => {
  requests++;
  response.writeHead(request.url === '/gone.pth' ? 404 : 200).end(body);
});
let address = '';
const at = (name: string) => ({ what: 'the weights of a test', url: `${address}/${name}`, digits });

before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  rmSync(root, { recursive: true });
});

test('they are fetched once, checked and kept; damaged cached files are fetched again', async () => {
  const seen: number[] = [];
  const options = { folder: root, onProgress: (received: number) => seen.push(received) };
  assert.deepEqual(Buffer.from(await publishedBytes(at('a.pth'), options)), contents);
  assert.equal(seen.at(-1), contents.length);
  assert.deepEqual(Buffer.from(await publishedBytes(at('a.pth'), options)), contents);
  assert.equal(requests, 1);
  const kept = join(root, 'weights', 'a.pth');
  writeFileSync(kept, contents.subarray(0, 5));
  assert.deepEqual(Buffer.from(await publishedBytes(at('a.pth'), options)), contents);
  assert.equal(requests, 2);
  assert.deepEqual(readFileSync(kept), contents);
});

test('a given file needs no network, and must be the published one', async () => {
  const [right, wrong] = [join(root, 'right.pth'), join(root, 'wrong.pth')];
  writeFileSync(right, contents);
  writeFileSync(wrong, 'other weights');
  assert.deepEqual(
    Buffer.from(await publishedBytes({ ...at('x'), url: 'http://[::1]:1/x' }, { file: right })),
    contents,
  );
  await assert.rejects(
    publishedBytes(at('x'), { file: wrong }),
    new RegExp(`wrong.pth: expected the weights of a test, a file whose SHA-256 begins with ${digits}, got one of`),
  );
});

test('a fetched file must also be the published one, and is not kept otherwise', async () => {
  body = Buffer.from('a page that wants a password');
  await assert.rejects(
    publishedBytes(at('b.pth'), { folder: root }),
    /expected the weights of a test, a file whose SHA-256/,
  );
  body = contents;
  assert.deepEqual(Buffer.from(await publishedBytes(at('b.pth'), { folder: root })), contents);
  await assert.rejects(publishedBytes(at('gone.pth'), { folder: root }), /got the answer 404; fetch it on a machine/);
});

test('without a network a sentence says what to do, and an abort stops the fetch', async () => {
  const nowhere = { ...at('c.pth'), url: 'http://127.0.0.1:9/c.pth' };
  await assert.rejects(
    publishedBytes(nowhere, { folder: root }),
    /weights: expected the weights of a test at http:\/\/127.0.0.1:9\/c.pth, got no connection \(.*\); fetch it on a machine that has a network, and name the file$/,
  );
  await assert.rejects(publishedBytes(at('d.pth'), { folder: root, signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
});

test('the shipped heads of LPIPS are the published ones, and others are refused', async () => {
  const heads = await openLpipsHeads();
  assert.deepEqual(Object.keys(heads).sort(), ['lin0', 'lin1', 'lin2', 'lin3', 'lin4']);
  const other = join(root, 'other.safetensors');
  writeFileSync(other, encodeSafetensors({ ...heads, lin0: filled(heads.lin0.shape, 1) }));
  await assert.rejects(
    openLpipsHeads(other),
    /other.safetensors: expected the heads of LPIPS, a file of SHA-256 c764ca32…, got one of /,
  );
});
