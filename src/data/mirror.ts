/** How a picture continues beyond its border, for padding and cropping. */

/** The pixel at a position on an axis of `length` pixels that continues by reflection beyond both ends, however far. */
export function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}
