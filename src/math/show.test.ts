import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expected, RddmError } from './errors.ts';
import { printable, quoted, shortened, shown } from './show.ts';

const isOneLine = (text: string): boolean => [...text].length <= 120 && printable(text) === text;

describe('printable', () => {
  it('escapes characters that move the cursor, colour the terminal, change the writing direction or break the line', () => {
    assert.equal(printable('a\nb\tc\rd'), 'a\\nb\\tc\\rd');
    assert.equal(printable('\u001b[31mred\u0007\u009b'), '\\u001b[31mred\\u0007\\u009b');
    assert.equal(printable('gpj\u202e.png\u2066\u200f\u061c'), 'gpj\\u202e.png\\u2066\\u200f\\u061c');
    assert.equal(printable('a\u2028b\ufeff'), 'a\\u2028b\\ufeff');
    assert.equal(printable('\ud83d and \u{e0001}'), '\\ud83d and \\udb40\\udc01');
  });
  it('keeps every script and every emoji', () => {
    assert.equal(printable('Straße 写真 фото 🌧 a\\b'), 'Straße 写真 фото 🌧 a\\b');
  });
});

describe('shown', () => {
  it('shows JSON as JSON', () => {
    for (const value of [1, -0.5, true, null, 'a "b"', [1, [2, 3]], { a: 1, b: { c: ['d'] } }, [], {}]) {
      assert.equal(shown(value), JSON.stringify(value));
    }
  });
  it('names values that JSON lacks', () => {
    assert.equal(shown(Number.NaN), 'NaN');
    assert.equal(shown([Infinity, undefined]), '[Infinity,undefined]');
    assert.equal(shown(12n), '12n');
    assert.equal(shown(Symbol('a\nb')), 'Symbol(a\\nb)');
    assert.equal(shown(new Float32Array([0.5, 1])), 'Float32Array [0.5,1]');
    assert.equal(shown(Object.assign(Object.create(null), { a: 1 })), '{"a":1}');
    assert.equal(
      shown(() => 1),
      'a function',
    );
  });
  const cyclic: { self?: object } = {};
  cyclic.self = cyclic;
  const throwing = {
    get a(): never {
      throw new Error('no');
    },
  };
  const values: Record<string, unknown> = {
    'millions of numbers': new Float32Array(4e6).fill(0.125),
    'a list of millions': new Array(4e6).fill(7),
    'a text of megabytes': 'x'.repeat(17e6),
    'a key of megabytes': { ['k'.repeat(17e6)]: 1 },
    'a list of texts of megabytes': new Array(100).fill('\n'.repeat(1e6)),
    'many keys': Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`key${i}`, i])),
    'control characters in keys': { '\u001b[2J\u202e': '\u001b[2J\u202e' },
    'an object that contains itself': cyclic,
    'an object that throws': throwing,
    'an object that cannot become text': { toString: 0, length: { toString: 0 } },
    'a view of bytes': new DataView(new ArrayBuffer(8)),
    'pictures in the text': '🌧'.repeat(200),
  };
  for (const [name, value] of Object.entries(values)) {
    it(`is one printable line for ${name}`, () => {
      assert.ok(isOneLine(shown(value)), shown(value));
      const { message } = expected('f', 'something else', value);
      assert.ok(message.startsWith('f: expected something else, got '));
      assert.ok(isOneLine(message.slice('f: expected something else, got '.length)), message);
    });
  }
});

describe('shortened', () => {
  it('keeps the beginning and the end', () => {
    assert.equal(shortened('short'), 'short');
    assert.match(shortened(`/photos/${'deep/'.repeat(1000)}rain.jpg`), /^\/photos\/deep.*….*deep\/rain\.jpg$/);
    assert.equal([...shortened('🌧'.repeat(1000))].length, 120);
    assert.equal(quoted('x'.repeat(1000)).length, 62);
  });
});

describe('an error', () => {
  it('shortens names in every part of the sentence', () => {
    const long = 'n'.repeat(1e6);
    const { message } = expected(long, `a tensor ${long}`, long, `rename ${long}`);
    assert.ok(message.length < 1200, String(message.length));
    assert.match(message, /^n+…n+: expected a tensor n+…n+, got n+…n+; rename n+…n+$/);
  });
  it('has no control character, whatever the message', () => {
    assert.equal(new RddmError('a\u001b[31m.png: no').message, 'a\\u001b[31m.png: no');
    assert.equal(expected('a\nb.png', 'c', '\u202ed').message, 'a\\nb.png: expected c, got \\u202ed');
  });
});
