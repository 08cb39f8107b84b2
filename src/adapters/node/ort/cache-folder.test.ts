/** The folder of the cache on each system. */
import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from './cache-folder.ts';

const home = (): string => '/home/ada';
const folderOf = (platform: NodeJS.Platform, env: Record<string, string>) => cacheFolder({ platform, env, home });

test('is where each system keeps caches', () => {
  assert.equal(folderOf('linux', {}), join('/home/ada', '.cache', 'rddm'));
  assert.equal(folderOf('linux', { XDG_CACHE_HOME: '/fast' }), join('/fast', 'rddm'));
  assert.equal(folderOf('linux', { XDG_CACHE_HOME: 'relative' }), join('/home/ada', '.cache', 'rddm'));
  assert.equal(folderOf('darwin', { XDG_CACHE_HOME: '/fast' }), join('/home/ada', 'Library', 'Caches', 'rddm'));
  assert.equal(folderOf('win32', { LOCALAPPDATA: '/local' }), join('/local', 'rddm', 'Cache'));
  assert.equal(folderOf('win32', {}), join('/home/ada', 'AppData', 'Local', 'rddm', 'Cache'));
});

test('is RDDM_CACHE, relative to the working directory, or off', () => {
  assert.equal(folderOf('linux', { RDDM_CACHE: '/other', XDG_CACHE_HOME: '/fast' }), resolve('/other'));
  assert.equal(folderOf('darwin', { RDDM_CACHE: 'other' }), resolve('other'));
  assert.equal(folderOf('linux', { RDDM_CACHE: '' }), join('/home/ada', '.cache', 'rddm'));
  assert.equal(folderOf('win32', { RDDM_CACHE: 'off' }), undefined);
});

test('does not exist without a home directory', () => {
  const homeless = (): string => {
    throw new Error('no home');
  };
  assert.equal(cacheFolder({ platform: 'linux', env: {}, home: homeless }), undefined);
  assert.equal(cacheFolder({ platform: 'linux', env: { RDDM_CACHE: '/other' }, home: homeless }), resolve('/other'));
});
