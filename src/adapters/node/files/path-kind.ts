/** What is at a path. */
import { stat } from 'node:fs/promises';

/** Nothing, a folder, or anything else. */
export async function kindOf(path: string): Promise<'nothing' | 'folder' | 'file'> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return 'nothing';
  return found.isDirectory() ? 'folder' : 'file';
}

/** Whether there is a folder with that name. */
export const isFolder = async (path: string): Promise<boolean> => (await kindOf(path)) === 'folder';

/** Whether there is something other than a folder with that name. */
export const isFile = async (path: string): Promise<boolean> => (await kindOf(path)) === 'file';
