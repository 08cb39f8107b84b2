/** How a picture goes on beyond its border where padding and cropping need more than there is. */

/** Position of an axis of `length` pixels that goes on as its mirror image beyond both ends, however far. */
export function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}
