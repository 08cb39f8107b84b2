/**
 * Blur by running sums: its cost does not depend on its width. Two boxes make a tent, close enough to the disc of a
 * lens out of focus and to the penumbra of the sun.
 */

/** Blurs one line of `count` values that lie `stride` apart; beyond its ends the line repeats its end values. */
function blurLine(
  source: Float32Array,
  target: Float32Array,
  start: number,
  stride: number,
  count: number,
  radius: number,
): void {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const weight = 1 / (2 * radius + 1);
  const last = count - 1;
  const at = (index: number): number => source[start + Math.max(0, Math.min(last, index)) * stride];
  let sum = 0;
  for (let index = -whole; index <= whole; index++) sum += at(index);
  for (let index = 0; index < count; index++) {
    const before = at(index - whole - 1);
    const after = at(index + whole + 1);
    target[start + index * stride] = (sum + part * (before + after)) * weight;
    sum += after - at(index - whole);
  }
}

/**
 * Blurs interleaved channels with a tent that reaches `2 · radius + 1` pixels to every side.
 *
 * @param data not changed
 * @param radius of each of the two boxes, from 0; it need not be whole
 */
export function blurred(
  data: Float32Array,
  width: number,
  height: number,
  channels: number,
  radius: number,
): Float32Array {
  const result = Float32Array.from(data);
  if (radius === 0) return result;
  const wide = new Float32Array(data.length);
  for (let pass = 0; pass < 2; pass++) {
    for (let row = 0; row < height; row++) {
      for (let channel = 0; channel < channels; channel++) {
        blurLine(result, wide, row * width * channels + channel, channels, width, radius);
      }
    }
    for (let column = 0; column < width * channels; column++) {
      blurLine(wide, result, column, width * channels, height, radius);
    }
  }
  return result;
}
