/** A platform's access to the pictures of a data source; only the platform interprets their paths. */

/** A picture, and what the path's `*` matched. */
export interface FoundPicture {
  readonly path: string;
  readonly matched: readonly string[];
}

/** A size in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The pictures of a platform. */
export interface PictureFiles {
  /**
   * The pictures of a folder, or of all folders that match a path with `*`, in the order of their paths.
   *
   * @throws RddmError if there is no such folder, or no picture in any
   */
  list(folder: string): Promise<readonly FoundPicture[]>;
  /** The paths in a text file with one per line, relative to its folder. @throws RddmError if there is no such file */
  lines(list: string): Promise<readonly string[]>;
  /** The file name at the end of a path, extension included. */
  nameOf(path: string): string;
  /** The size of a picture. @throws RddmError if the file is missing, damaged, or not a picture */
  sizeOf(path: string): Promise<PictureSize>;
  /** The size of a file in bytes. */
  bytesOf(path: string): Promise<number>;
  /** The bytes of a file. */
  contentOf(path: string): Promise<Uint8Array>;
}

/** The non-empty lines of a text, trimmed. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
