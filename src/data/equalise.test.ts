/** Compares with values of OpenCV 5.0.0, `cv2.equalizeHist`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equaliseHistogram } from './equalise.ts';

const grey = (...data: number[]) => ({
  width: data.length,
  height: 1,
  channels: 1 as const,
  data: Uint8Array.from(data),
});
const equalised = (...data: number[]): number[] => [...equaliseHistogram(grey(...data)).data];

test('the values of OpenCV', () => {
  assert.deepEqual(equalised(3, 3, 5, 5, 5, 9, 9, 200), [0, 0, 128, 128, 128, 212, 212, 255]);
  assert.deepEqual(
    equalised(0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 7, 12),
    [0, 0, 0, 57, 57, 142, 142, 142, 170, 198, 227, 255],
  );
});

test('halves round to even', () => {
  assert.deepEqual(equalised(0, 1, 2, 3, 4, 5, 6), [0, 42, 85, 128, 170, 212, 255]);
});

test('a channel with a single value stays', () => {
  assert.deepEqual(equalised(7, 7, 7), [7, 7, 7]);
  assert.deepEqual(equalised(0), [0]);
});

test('each channel is equalised by itself, and the given picture is not changed', () => {
  const data = Uint8Array.of(3, 7, 0, 3, 7, 1, 5, 7, 2, 200, 7, 2);
  const image = { width: 2, height: 2, channels: 3 as const, data };
  const { data: spread, ...size } = equaliseHistogram(image);
  assert.deepEqual(size, { width: 2, height: 2, channels: 3 });
  const channel = (at: number): number[] => [...spread].filter((_, i) => i % 3 === at);
  assert.deepEqual(channel(0), equalised(3, 3, 5, 200));
  assert.deepEqual(channel(1), [7, 7, 7, 7]);
  assert.deepEqual(channel(2), equalised(0, 1, 2, 2));
  assert.deepEqual([...data], [3, 7, 0, 3, 7, 1, 5, 7, 2, 200, 7, 2]);
});
