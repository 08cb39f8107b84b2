import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChildLimits, startChild } from './child.ts';

/** A child of a few lines of JavaScript; `order` is its order, `say` answers. */
const child = (onOrder: string, limits?: ChildLimits) => {
  const script = `
    const say = (answer) => console.log(JSON.stringify(answer));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const order = JSON.parse(line);
      ${onOrder}
    });`;
  return startChild('child', { command: process.execPath, args: ['-e', script] }, limits);
};

test('orders are answered one after the other, and the child ends on request', async () => {
  const one = child("if (order.do === 'end') process.exit(0); say({ seconds: order.do.length })");
  assert.deepEqual(await one.ask({ do: 'run' }), { seconds: 3 });
  assert.deepEqual(await one.ask({ do: 'memory' }), { seconds: 6 });
  await one.end();
  await one.end();
  await assert.rejects(one.ask({ do: 'run' }), /child: it ended with code 0/);
});

test('an error, an invalid answer, and a crash with its last words are reported', async () => {
  const one = child(`
    if (order.do === 'run') say({ error: 'no memory' });
    else if (order.do === 'memory') console.log('loading …');
    else { console.error('a sad story'); process.exit(3); }`);
  await assert.rejects(one.ask({ do: 'run' }), { message: 'child: no memory' });
  await assert.rejects(one.ask({ do: 'memory' }), /it wrote an invalid answer: loading …/);
  await assert.rejects(one.ask({ do: 'check', file: '' }), /it ended with code 3:\\na sad story/);
  await one.end();
});

test('a child that takes too long is ended; a missing program is reported', async () => {
  await assert.rejects(child('', { seconds: 0.2 }).ask({ do: 'run' }), /it took longer than 0.2 s to run/);
  const missing = startChild('child', { command: 'no-such-program', args: [] });
  await assert.rejects(missing.ask({ do: 'run' }), /it cannot be started: .*ENOENT/);
  await missing.end();
});

test('a signal ends a child at work', async () => {
  const controller = new AbortController();
  const one = child('', { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await assert.rejects(one.ask({ do: 'run' }), /child: it was stopped/);
  await one.end();
});
