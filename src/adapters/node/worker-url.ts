/**
 * Where a worker's entry file is: beside the file that starts it, as JavaScript when compiled, as TypeScript when the
 * sources run directly. A worker does not inherit tsx from its parent, so there its entry is a line that loads tsx first.
 */

/**
 * The URL of a worker's entry, for `new Worker(url)`.
 *
 * @param metaUrl `import.meta.url` of the caller
 * @param name relative path without extension, such as `./worker`
 */
export function workerUrl(metaUrl: string, name: string): URL {
  if (!metaUrl.endsWith('.ts')) return new URL(`${name}.js`, metaUrl);
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(new URL(`${name}.ts`, metaUrl).href);
  const start = `import { register } from ${tsx}; register(); await import(${entry});`;
  return new URL(`data:text/javascript,${encodeURIComponent(start)}`);
}
