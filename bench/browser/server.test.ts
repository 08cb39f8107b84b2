import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from './server.ts';

/** Sends the path as it is: `fetch` would normalise a path with `..`. */
const statusOf = (origin: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const asked = request(`${origin}/`, { path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', reject).end();
  });

test('serves folders and contents to an isolated page, and nothing above the folders', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const server = await startServer({
    folders: { '/here': folder },
    contents: { '/': 'page', '/model': Uint8Array.of(7) },
  });
  try {
    const page = await fetch(`${server.origin}/`);
    assert.equal(await page.text(), 'page');
    assert.equal(page.headers.get('content-type'), 'text/html');
    assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.equal(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
    assert.deepEqual(new Uint8Array(await (await fetch(`${server.origin}/model`)).arrayBuffer()), Uint8Array.of(7));
    const script = await fetch(`${server.origin}/here/onnxruntime-page.mjs`);
    assert.equal(script.headers.get('content-type'), 'text/javascript');
    assert.match(await script.text(), /InferenceSession/);
    assert.equal(await statusOf(server.origin, '/here/server.ts'), 200);
    for (const path of [
      '/here/none',
      '/none',
      '/here/../memory.ts',
      '/here/%2e%2e/memory.ts',
      '/here/..%2fmemory.ts',
    ]) {
      assert.equal(await statusOf(server.origin, path), 404, path);
    }
  } finally {
    await server.close();
  }
});
