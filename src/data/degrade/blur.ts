/**
 * Motion blur as high-speed cameras give it (GoPro): sub-frames, each seen from the camera's position at that moment
 * and with an object that moves on its own, averaged in linear light. Left out: defocus, depth (near objects move no
 * more than far ones), a rolling shutter, and lights so bright that they are clipped in the sharp picture and still
 * white in the blurred one.
 */
import { z } from 'zod';
import type { Random } from '../../math/random.ts';
import type { Image } from '../image.ts';
import { blurred } from './box-blur.ts';
import type { DegradationRule } from './degraded.ts';
import { type Layer, type Pose, randomPath, viewOf } from './exposure.ts';
import { imageOfLight, lightOf } from './linear-light.ts';
import { blankPlane } from './plane.ts';
import { fillPolygon, type Point } from './polygon.ts';
import { type Drawn, drawAll, rangeSchema } from './range.ts';
import { addSensorNoise } from './sensor-noise.ts';
import { blobOutline } from './shapes.ts';

const blurSchema = z.strictObject({
  shake: rangeSchema(0, 100, [2, 14]).describe('how far the camera moves during the exposure, in pixels'),
  roll: rangeSchema(0, 10, [0, 0.6]).describe('how far the camera turns during the exposure, in degrees'),
  moving: rangeSchema(0, 1, [0.4, 0.4]).describe('share of the pictures in which an object moves on its own'),
  travel: rangeSchema(0, 100, [4, 18]).describe('how far that object moves during the exposure, in pixels'),
  noise: rangeSchema(0, 0.3, [0, 0.008]).describe('shot noise of a white pixel, as a share of white'),
});
type Blur = Drawn<z.output<typeof blurSchema>>;

const DEGREE = Math.PI / 180;
/** The most sub-frames; for faster motion bilinear sampling still hides the steps. */
const MOST_FRAMES = 72;

/** An object in the picture: its light times its opacity, then its opacity, and the background behind it. */
interface Scene {
  readonly behind: Layer;
  readonly thing: Layer;
}

/**
 * Cuts a soft-edged region out of the picture. The background behind it continues its surroundings, blurred as far as
 * the object moves: enough for the rim that its motion uncovers.
 */
function cutThing(light: Layer, travel: number, random: Random): Scene {
  const { width, height, channels, data } = light;
  const shorter = Math.min(width, height);
  const region = blankPlane(width, height);
  const [x, y] = [random.between(0.2, 0.8) * width, random.between(0.2, 0.8) * height];
  fillPolygon(region, blobOutline(random, x, y, shorter * random.between(0.12, 0.35)));
  const opacity = blurred(region.data, width, height, 1, 1);
  const thing = new Float32Array(opacity.length * (channels + 1));
  const around = new Float32Array(thing.length);
  for (let pixel = 0; pixel < opacity.length; pixel++) {
    const to = pixel * (channels + 1);
    for (let channel = 0; channel < channels; channel++) {
      const value = data[pixel * channels + channel];
      thing[to + channel] = value * opacity[pixel];
      around[to + channel] = value * (1 - opacity[pixel]);
    }
    thing[to + channels] = opacity[pixel];
    around[to + channels] = 1 - opacity[pixel];
  }
  const filling = blurred(around, width, height, channels + 1, travel);
  const behind = Float32Array.from(data);
  for (let pixel = 0; pixel < opacity.length; pixel++) {
    const weight = filling[pixel * (channels + 1) + channels];
    if (opacity[pixel] === 0 || weight < 1e-4) continue;
    for (let channel = 0; channel < channels; channel++) {
      const filled = filling[pixel * (channels + 1) + channel] / weight;
      behind[pixel * channels + channel] += opacity[pixel] * (filled - data[pixel * channels + channel]);
    }
  }
  return { behind: { ...light, data: behind }, thing: { width, height, channels: channels + 1, data: thing } };
}

/** Draws the object over a frame of the background. */
function placeThing(frame: Float32Array, thing: Float32Array, channels: number): void {
  for (let from = 0, at = 0; from < thing.length; from++) {
    const opacity = thing[from + channels];
    for (let channel = 0; channel < channels; channel++, from++, at++) {
      frame[at] = thing[from] + (1 - opacity) * frame[at];
    }
  }
}

/** The mean of the sub-frames, in which an object may move besides the camera. */
function expose(light: Layer, poses: readonly Pose[], thing?: { scene: Scene; path: readonly Point[] }): Float32Array {
  const { width, height } = light;
  const diagonal = Math.hypot(width, height) / 2;
  const reach = Math.max(
    ...poses.map(({ x, y, angle }, i) => {
      const [thingX, thingY] = thing?.path[i] ?? [0, 0];
      return Math.hypot(x, y) + Math.hypot(thingX, thingY) + Math.abs(angle) * diagonal;
    }),
  );
  const viewBehind = viewOf(thing?.scene.behind ?? light, reach);
  const viewThing = thing && viewOf(thing.scene.thing, reach);
  const sum = new Float32Array(light.data.length);
  const frame = new Float32Array(light.data.length);
  const thingFrame = new Float32Array(thing?.scene.thing.data.length ?? 0);
  poses.forEach((pose, i) => {
    viewBehind(pose, frame);
    if (thing && viewThing) {
      const [x, y] = thing.path[i];
      viewThing({ ...pose, x: pose.x - x, y: pose.y - y }, thingFrame);
      placeThing(frame, thingFrame, light.channels);
    }
    for (let at = 0; at < sum.length; at++) sum[at] += frame[at];
  });
  for (let at = 0; at < sum.length; at++) sum[at] /= poses.length;
  return sum;
}

function blurImage(image: Image, { shake, roll, moving, travel, noise }: Blur, random: Random): Image {
  const { width, height, channels } = image;
  const light: Layer = { width, height, channels, data: lightOf(image) };
  const moves = random.uniform() < moving;
  // Steps of about a pixel: paths bend, and are longer than their extent.
  const longest = shake + (moves ? travel : 0) + (roll * DEGREE * Math.hypot(width, height)) / 2;
  const frames = Math.min(MOST_FRAMES, 2 + Math.ceil(1.2 * longest));
  const steadiness = random.between(0.15, 0.8);
  const path = randomPath(random, frames, shake, steadiness);
  const turn = randomPath(random, frames, roll * DEGREE, steadiness);
  const poses = path.map(([x, y], i): Pose => ({ x, y, angle: turn[i][0] }));
  const thing = moves
    ? { scene: cutThing(light, travel, random), path: randomPath(random, frames, travel, 3) }
    : undefined;
  const exposed = expose(light, poses, thing);
  addSensorNoise(exposed, { shot: noise, read: 0 }, random);
  return imageOfLight(exposed, image);
}

/** Motion blur in the registry of degradations. */
export const blur: DegradationRule<typeof blurSchema> = {
  description: 'the blur of a moving camera and of moving objects',
  schema: blurSchema,
  apply: (image, settings, random) => ({ image: blurImage(image, drawAll(random, settings), random) }),
};
