/**
 * Every relative link of the documentation works: its file exists, and so does the heading it names. So is every
 * path of the repository that a page has in code font.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { pages, root } from './support/pages.ts';

/** The anchors of a page's headings, as GitHub makes them; for an HTML page, the ids. */
function anchorsOf(path: string): Set<string> {
  const text = readFileSync(path, 'utf8');
  if (path.endsWith('.html')) return new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  const outsideCode = text.replace(/^```[\s\S]*?^```/gm, '');
  const headings = [...outsideCode.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('links of the documentation', () => {
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
    const targets = new Set([...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target));
    const relative = [...targets].filter((target) => !/^[a-z]+:/.test(target));
    if (relative.length === 0) continue;
    it(page, () => {
      for (const target of relative) {
        const [file, anchor] = target.split('#');
        const path = file === '' ? join(root, page) : join(root, dirname(page), file);
        assert.ok(existsSync(path), target);
        if (anchor !== undefined) assert.ok(anchorsOf(path).has(anchor), target);
      }
    });
  }

  for (const page of pages) {
    if (page === 'CHANGELOG.md') continue;
    const text = readFileSync(join(root, page), 'utf8');
    const named = [...text.matchAll(/`((?:src|test|bench|scripts|docs)\/[\w./-]+\.(?:ts|mjs|md|html|json))`/g)].map(
      ([, path]) => path,
    );
    if (named.length === 0) continue;
    it(`${page}: paths`, () => {
      // NAME stands for any.
      for (const path of named) if (!path.includes('NAME')) assert.ok(existsSync(join(root, path)), path);
    });
  }

  it('are found', () => assert.ok(pages.length > 30));
});
