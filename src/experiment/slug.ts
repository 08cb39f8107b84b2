/** File names for cells: small letters, digits, points and hyphens, whatever symbols the names of series contain. */

/** Symbols as letters; if they were dropped, two series would write into one file. */
const letters: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  η: 'eta',
  '²': '2',
  '↑': ' up ',
  '↓': ' down ',
  '→': ' to ',
  '\u0304': ' bar ',
};

/** The file name of a series' cell, without its ending. */
export const slugOf = (series: string, at?: string | number): string =>
  `${series} ${at ?? ''}`
    .toLowerCase()
    .replaceAll(/[^\x20-\x7e]/g, (sign) => letters[sign] ?? ' ')
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '');
