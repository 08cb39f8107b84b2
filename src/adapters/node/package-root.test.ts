import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { inPackage, packageRoot } from './package-root.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rddm-root-')));
after(() => rmSync(folder, { recursive: true, force: true }));
const bundle = pathToFileURL(join(folder, 'service', 'out', 'main.js')).href;
const put = (path: string, name: string): string => {
  mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ name }));
  return join(folder, path);
};

describe('packageRoot', () => {
  it('is the folder above the sources', () => {
    assert.ok(existsSync(inPackage('models', 'derain', 'config.json')));
    assert.equal(packageRoot(undefined, ''), packageRoot());
  });

  it('is refused, with a remedy, if a bundle stands alone', () => {
    put('service', 'a-service');
    assert.throws(
      () => packageRoot(bundle, ''),
      /got a bundle without them at .*main\.js; install rddm .* or set RDDM_HOME/,
    );
  });

  it('is found in node_modules beside a bundle', () => {
    const installed = put(join('service', 'node_modules', 'rddm'), 'rddm');
    assert.equal(packageRoot(bundle, ''), installed);
  });

  it('is RDDM_HOME, which must be the package', () => {
    const home = put('home', 'rddm');
    assert.equal(packageRoot(bundle, home), home);
    assert.throws(
      () => packageRoot(bundle, join(folder, 'service')),
      /^RddmError: RDDM_HOME: expected .*, got .*service$/,
    );
  });
});
