/** The pages of the documentation: every Markdown file of the repository. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Paths from the root, with forward slashes. */
export const pages: readonly string[] = [
  ...readdirSync(root),
  ...['docs', 'experiments', 'examples', 'findings', 'models', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
      (path) => `${folder}/${path.replaceAll('\\', '/')}`,
    ),
  ),
].filter((path) => path.endsWith('.md'));
