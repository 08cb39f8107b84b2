import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { validated } from './validate.ts';

test('a place with a long name or line breaks stays one line', () => {
  const where = `photos/${'a'.repeat(500)}\n.json`;
  assert.throws(
    () => validated(z.object({ steps: z.int() }), { steps: 'many' }, where),
    ({ message }: Error) =>
      message.length < 220 && !message.includes('\n') && /^photos\/a+…a+.*\.json: "steps": /.test(message),
  );
});
