/**
 * Where a worker's entry file is: compiled in the package's dist, which a bundle that contains the caller also finds;
 * beside this file if the sources run directly. A worker does not inherit tsx from its parent, so there its entry loads
 * tsx first.
 */
import { pathToFileURL } from 'node:url';
import { inPackage } from './package-root.ts';

/**
 * The URL of a worker's entry, for `new Worker(url)`.
 *
 * @param name its path in this folder, without extension, such as `ort/worker`
 */
export function workerUrl(name: string): URL {
  if (!import.meta.url.endsWith('.ts')) return pathToFileURL(inPackage('dist', 'adapters', 'node', `${name}.js`));
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const entry = JSON.stringify(new URL(`./${name}.ts`, import.meta.url).href);
  const start = `import { register } from ${tsx}; register(); await import(${entry});`;
  return new URL(`data:text/javascript,${encodeURIComponent(start)}`);
}
