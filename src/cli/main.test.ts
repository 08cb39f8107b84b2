/** The command as a process: its output, exit codes, Ctrl-C, a closed pipe. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const url = (path: string): string => new URL(path, import.meta.url).href;

interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function resultOf(child: ChildProcessWithoutNullStreams): Promise<Result> {
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, stdout, stderr };
}

const start = (...nodeArguments: string[]) => spawn(process.execPath, ['--import', 'tsx', ...nodeArguments]);
const rddm = (...words: string[]) => resultOf(start(fileURLToPath(url('./main.ts')), ...words));

/** A program with one command, run like `rddm`'s own. */
const startCommand = (action: string) =>
  start(
    '--input-type=module',
    '--eval',
    `import { Command } from 'commander';
     import { abortSignal } from '${url('./context.ts')}';
     import { run } from '${url('./run.ts')}';
     import { RddmError } from '${url('../math/errors.ts')}';
     const program = new Command().exitOverride();
     program.command('go').action(async () => { ${action} });
     await run(program, ['node', 'rddm', 'go']);`,
  );

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.deepEqual(await rddm('--version'), { code: 0, signal: null, stdout: `${version}\n`, stderr: '' });
});

test('--help goes to stdout, lists the commands, and names only existing ones', async () => {
  const { code, stdout, stderr } = await rddm('--help');
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name);
  const inExamples = [...stdout.matchAll(/^ {2}\$ rddm ([a-z]+)/gm)].map(([, name]) => name);
  assert.ok(inExamples.length > 2);
  for (const name of inExamples) assert.ok(commands.includes(name), `${name} is no command of ${commands.join(' ')}`);
});

test("restore's help shows a photographer's options on one screen, and the researcher's in a group after them", async () => {
  const { stdout } = await rddm('restore', '--help');
  const [first, research] = stdout.split(/^(?=Sampling options for research)/m);
  const lines = first.trimEnd().split('\n');
  assert.ok(lines.length <= 24, `${lines.length} lines`);
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  assert.match(first, /--model <model>/);
  assert.match(research, /--adjust-alpha/);
});

test('help sampling explains every option of the group', async () => {
  const [{ stdout: restore }, { stdout: sample }, topic] = await Promise.all([
    rddm('restore', '--help'),
    rddm('sample', '--help'),
    rddm('help', 'sampling'),
  ]);
  assert.equal(topic.code, 0);
  const of = (help: string) =>
    help.slice(help.indexOf('Sampling options'), help.indexOf('\n\n', help.indexOf('Sampling options')));
  const options = [...`${of(restore)}${of(sample)}`.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
  assert.ok(options.length > 20);
  const missing = options.filter((name) => !topic.stdout.includes(`${name} `));
  assert.deepEqual(missing, []);
});

test('wrong usage prints an error with a hint on stderr, and exits with 2', async () => {
  const [nothing, unknown, option] = await Promise.all([rddm(), rddm('evaluat'), rddm('--colour')]);
  assert.deepEqual([nothing.code, unknown.code, option.code], [2, 2, 2]);
  assert.match(nothing.stderr, /Usage: rddm/);
  assert.match(unknown.stderr, /unknown command 'evaluat'\n\(Did you mean evaluate\?\)/);
  assert.match(option.stderr, /unknown option '--colour'[\s\S]*rddm --help/);
  assert.equal(nothing.stdout + unknown.stdout + option.stdout, '');
});

test('an error ends the process with its sentence, even while something still runs', async () => {
  const { code, stdout, stderr } = await resultOf(
    startCommand(`setInterval(() => {}, 1000); process.stdout.write('half'); throw new RddmError('no');`),
  );
  assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: 'half', stderr: 'rddm: no\n' });
});

test('a bug outside the awaited code is also reported', async () => {
  const { code, stderr } = await resultOf(startCommand(`setTimeout(() => null.x); await new Promise(() => {});`));
  assert.equal(code, 70);
  assert.match(stderr, /TypeError[\s\S]*please report it/);
});

test('the first Ctrl-C lets the command finish, and the exit code shows it', async () => {
  const child = startCommand(`
    const timer = setInterval(() => {}, 1000);
    console.log('ready');
    await new Promise((resolve) => abortSignal().addEventListener('abort', resolve));
    clearInterval(timer);
    console.log('saved');`);
  child.stdout.once('data', () => child.kill('SIGINT'));
  const { code, stdout, stderr } = await resultOf(child);
  assert.deepEqual([code, stdout], [130, 'ready\nsaved\n']);
  assert.match(stderr, /stopping at the next safe point; press Ctrl-C again/);
});

test('a command may also throw the signal on; SIGTERM is 143', async () => {
  const child = startCommand(`
    setInterval(() => {}, 1000);
    console.log('ready');
    await new Promise((_, reject) => abortSignal().addEventListener('abort', () => reject(abortSignal().reason)));`);
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const { code, stderr } = await resultOf(child);
  assert.equal(code, 143);
  assert.match(stderr, /rddm: stopped\n$/);
});

test('the second Ctrl-C ends a command that does not stop', async () => {
  const child = startCommand(`setInterval(() => {}, 1000); console.log('ready'); await new Promise(() => {});`);
  child.stdout.once('data', () => child.kill('SIGINT'));
  child.stderr.once('data', () => child.kill('SIGINT'));
  const { code, signal } = await resultOf(child);
  assert.deepEqual([code, signal], [null, 'SIGINT']);
});

test('a command outlives the reader of its messages: it finishes, and keeps its exit code', async () => {
  const child = startCommand(`
    for (let i = 0; i < 50; i++) {
      process.stderr.write('progress\\n');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log('saved');
    throw new RddmError('no');`);
  child.stderr.once('data', () => child.stderr.destroy());
  const { code, stdout } = await resultOf(child);
  assert.deepEqual([code, stdout], [1, 'saved\n']);
});

test('a closed pipe for results ends the command silently', async () => {
  const child = startCommand(`for (;;) { console.log('line'); await new Promise(setImmediate); }`);
  child.stdout.once('data', () => child.stdout.destroy());
  const { code, stderr } = await resultOf(child);
  assert.deepEqual([code, stderr], [0, '']);
});
