/**
 * What happens if the command line gets something broken: one sentence that says what was expected, what came and what
 * to do; a non-zero exit code; nothing half-written.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import { saveModel } from '../src/adapters/node/files/files.ts';
import { writeImage } from '../src/adapters/node/pictures/images.ts';
import type { Image } from '../src/data/image.ts';
import { createRandom } from '../src/math/random.ts';
import { modelConfig } from '../src/model/config.ts';
import { modelParameters } from '../src/model/networks.ts';
import { initialWeights } from '../src/nn/parameters.ts';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'rddm-bad-'));
const at = (...parts: string[]): string => join(folder, ...parts);
after(() => rmSync(folder, { recursive: true, force: true }));

function rddm(...args: string[]): { code: number | null; stderr: string; stdout: string } {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(repository, 'src/cli/main.ts'), ...args],
    { cwd: repository, encoding: 'utf8' },
  );
  return { code: status, stderr, stdout };
}

/** One line that begins with our name, matches, and has no stack trace; and nothing new in the given folders. */
function refuses(args: string[], sentence: RegExp, untouched: readonly string[] = []): void {
  const filesBefore = untouched.map((path) => (existsSync(path) ? readdirSync(path) : undefined));
  const { code, stderr } = rddm(...args);
  const complaints = stderr
    .split('\n')
    .filter((line) => line.startsWith('rddm: ') && !line.startsWith('rddm: warning'));
  assert.equal(complaints.length, 1, stderr);
  assert.match(complaints[0], sentence);
  assert.doesNotMatch(stderr, /\n\s+at /, 'a stack trace');
  assert.equal(code, 1);
  assert.deepEqual(
    untouched.map((path) => (existsSync(path) ? readdirSync(path) : undefined)),
    filesBefore,
  );
}

const picture = (width: number, height: number, seed: number): Image => {
  const random = createRandom(seed, ['bad input']);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random.integer(256));
  return { width, height, channels: 3, data };
};

const training = (more: object): string => {
  const path = at(`config-${JSON.stringify(more).length}-${Math.floor(performance.now())}.json`);
  writeFileSync(
    path,
    JSON.stringify({
      model: { unet: { dim: 8, multipliers: [1], groups: 4 }, schedule: { noiseStrength: 0.01 } },
      data: { kind: 'degraded', clean: at('good'), degradation: { kind: 'rain' }, crop: 16 },
      steps: 1,
      ...more,
    }),
  );
  return path;
};

before(async () => {
  for (const name of ['good', 'broken', 'empty', 'small', 'model', 'other']) mkdirSync(at(name));
  await writeImage(at('good', 'a.png'), picture(40, 32, 1));
  await writeImage(at('small', 'a.png'), picture(32, 32, 2));
  await writeImage(at('broken', 'whole.jpg'), picture(64, 64, 3));
  const png = readFileSync(at('good', 'a.png'));
  const jpeg = readFileSync(at('broken', 'whole.jpg'));
  rmSync(at('broken', 'whole.jpg'));
  writeFileSync(at('broken', 'cut.png'), png.subarray(0, png.length >> 1));
  writeFileSync(at('broken', 'cut.jpg'), jpeg.subarray(0, jpeg.length >> 1));
  writeFileSync(at('broken', 'text.png'), 'this is not a picture\n');

  const config = modelConfig({ unet: { dim: 8, multipliers: [1], groups: 4 } });
  const other = modelConfig({ unet: { dim: 8, multipliers: [1, 2], groups: 4 } });
  await saveModel(at('model'), config, initialWeights(modelParameters(config), 0));
  await saveModel(at('other'), other, initialWeights(modelParameters(other), 0));
});

describe('bad input on the command line', () => {
  for (const name of ['cut.png', 'cut.jpg', 'text.png']) {
    it(`restore refuses ${name}`, () => {
      refuses(['restore', at('broken', name), '--model', at('model')], new RegExp(name.replace('.', '\\.')), [
        at('broken'),
      ]);
    });
  }

  for (const name of ['cut.png', 'cut.jpg', 'text.png']) {
    it(`train refuses a data set with ${name}`, () => {
      const clean = at(`only-${name}`);
      mkdirSync(clean);
      copyFileSync(at('broken', name), join(clean, name));
      const config = training({ data: { kind: 'degraded', clean, degradation: { kind: 'rain' }, crop: 16 } });
      refuses(['train', config, '--out', at('run-broken')], new RegExp(name.replace('.', '\\.')));
      assert.equal(existsSync(at('run-broken', 'model')), false);
    });
  }

  it('train refuses pairs of different sizes', () => {
    const config = training({ data: { kind: 'folders', input: at('small'), target: at('good'), crop: 16 } });
    refuses(['train', config, '--out', at('run-pairs')], /40x32|32x32/);
  });

  it('evaluate refuses pairs of different sizes', () => {
    refuses(['evaluate', at('small'), at('good')], /32x32|40x32/);
  });

  for (const command of ['restore', 'evaluate', 'train']) {
    it(`${command} refuses a folder without images`, () => {
      const args = {
        restore: [at('empty'), '--model', at('model')],
        evaluate: [at('empty'), at('good')],
        train: [training({}), '--clean', at('empty'), '--out', at('run-empty')],
      }[command] as string[];
      refuses([command, ...args], /images/, [at('empty')]);
    });
  }

  it('train warns about objective "noise" on a restoration task, and continues', () => {
    const config = training({
      model: { task: 'deraining', objective: 'noise', unet: { dim: 8, multipliers: [1], groups: 4 } },
      sampleEvery: 0,
    });
    const { code, stderr } = rddm('train', config, '--out', at('run-noise'));
    assert.match(stderr, /warning: objective "noise" fails at deraining: .*11\.34 dB.*Table 1/);
    assert.equal(code, 0, stderr);
    assert.ok(existsSync(at('run-noise', 'model', 'weights.safetensors')));
  });

  it('train refuses unknown keys', () => {
    refuses(['train', training({ lerning_rate: 1 }), '--out', at('run-unknown')], /lerning_rate/);
    assert.equal(existsSync(at('run-unknown')), false);
  });

  it('train refuses an impossible configuration', () => {
    const config = training({ model: { networks: 'two', objective: 'noise' } });
    refuses(
      ['train', config, '--out', at('run-impossible')],
      /expected objective "residual-noise" with networks "two"/,
    );
  });

  it('restore refuses weights of another network', () => {
    const mixed = at('mixed');
    mkdirSync(mixed);
    writeFileSync(join(mixed, 'config.json'), readFileSync(at('model', 'config.json')));
    writeFileSync(join(mixed, 'weights.safetensors'), readFileSync(at('other', 'weights.safetensors')));
    refuses(['restore', at('good', 'a.png'), '--model', mixed], /missing|left over|shape/, [at('good')]);
  });

  it('train --resume refuses the checkpoint of another network', () => {
    const config = training({ sampleEvery: 0 });
    assert.equal(rddm('train', config, '--out', at('run-a')).code, 0);
    const wider = training({ sampleEvery: 0, model: { unet: { dim: 16, multipliers: [1], groups: 4 } } });
    assert.equal(rddm('train', wider, '--out', at('run-b')).code, 0);
    writeFileSync(at('run-a', 'checkpoint.safetensors'), readFileSync(at('run-b', 'checkpoint.safetensors')));
    refuses(['train', '--resume', at('run-a'), '--steps', '2'], /shape|missing/, [at('run-a', 'model')]);
  });

  it('convert refuses a pickle that calls a function, and nothing runs', () => {
    const proof = at('executed');
    const pickle = `\x80\x02cos\nsystem\n(X${String.fromCharCode(6 + proof.length, 0, 0, 0)}touch ${proof}tR.`;
    const bytes = Uint8Array.from(pickle, (character) => character.charCodeAt(0));
    const version = new TextEncoder().encode('3\n');
    writeFileSync(at('evil.pt'), zipSync({ 'evil/data.pkl': bytes, 'evil/version': version }, { level: 0 }));
    refuses(['convert', at('evil.pt'), '--out', at('evil-model')], /os\.system|posix\.system/);
    assert.equal(existsSync(proof), false);
    assert.equal(existsSync(at('evil-model')), false);
  });

  it('restore refuses to overwrite, and an unknown model', () => {
    writeFileSync(at('good', 'a-restored.png'), 'mine');
    refuses(['restore', at('good', 'a.png'), '--model', at('model')], /a-restored\.png/, [at('good')]);
    assert.equal(readFileSync(at('good', 'a-restored.png'), 'utf8'), 'mine');
    rmSync(at('good', 'a-restored.png'));
    refuses(['restore', at('good', 'a.png'), '--model', at('nowhere')], /nowhere/, [at('good')]);
  });
});
