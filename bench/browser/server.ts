/**
 * The page's server: a few folders and the bytes of a task, for this machine only. Its headers isolate the page from
 * other origins; without them a browser gives a page no shared memory for threads.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';

/** What the page may request. */
export interface Served {
  /** URL path → folder; its contents are served, and nothing above. */
  readonly folders: Readonly<Record<string, string>>;
  /** URL path → bytes. */
  readonly contents: Readonly<Record<string, Uint8Array | string>>;
}

/** A running server. */
export interface Server {
  /** Without a trailing slash. */
  readonly origin: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The bytes at a path; undefined if there is no such file, or it lies outside the folders. */
async function find(path: string, { folders, contents }: Served): Promise<Uint8Array | string | undefined> {
  if (Object.hasOwn(contents, path)) return contents[path];
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(`${prefix}/`)) continue;
    const file = resolve(folder, `.${path.slice(prefix.length)}`);
    if (file.startsWith(resolve(folder) + sep)) return readFile(file).catch(() => undefined);
  }
  return undefined;
}

/** Starts a server on a free port of this machine. */
export async function startServer(served: Served): Promise<Server> {
  const server = createServer(async ({ url = '' }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const body = await find(path, served);
    if (body === undefined) {
      response.writeHead(404, isolation).end();
      return;
    }
    const type = types[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { ...isolation, 'Content-Type': type }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
