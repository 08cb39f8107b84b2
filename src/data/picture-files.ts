/** What a platform knows of the pictures that a data source names; their paths mean something to it alone. */

/** A picture, and what the `*` of the path stood for. */
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
   * The pictures of a folder, or of all folders that a path with `*` names, in the order of their paths.
   *
   * @throws RddmError when there is no such folder, or no picture in any
   */
  list(folder: string): Promise<readonly FoundPicture[]>;
  /** The paths in a text file with one a line, which start at its folder. @throws RddmError when there is no such file */
  lines(list: string): Promise<readonly string[]>;
  /** The file name at the end of a path, extension included. */
  nameOf(path: string): string;
  /** The size of a picture. @throws RddmError when the file is missing, damaged, or no picture */
  sizeOf(path: string): Promise<PictureSize>;
  /** How many bytes a file has. */
  bytesOf(path: string): Promise<number>;
}

/** The lines of a text that are not empty, without the space around them. */
export const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
