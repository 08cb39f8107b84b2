/**
 * Lowering of `quantize`: a QuantizeLinear and the DequantizeLinear that undoes it ("QDQ"). On the CPU ONNX Runtime
 * recognises such pairs around a convolution and multiplies integers. WebGPU has neither QuantizeLinear nor Round, so
 * their arithmetic is written out.
 */
import { integerRange } from '../graph/eight-bit.ts';
import type { Node } from '../graph/node.ts';
import type { Lowering, Name } from './lowering.ts';

/** The nearest integer, ties to even: the candidates are ⌊x + ½⌋ and ⌈x − ½⌉, which differ only halfway. */
function roundHalfEven(x: Name, to: Lowering): Name {
  const upper = to.node('Floor', [to.node('Add', [x, to.float(0.5)])]);
  const lower = to.node('Ceil', [to.node('Sub', [x, to.float(0.5)])]);
  const even = to.node('Mul', [to.node('Floor', [to.node('Mul', [upper, to.float(0.5)])]), to.float(2)]);
  return to.node('Where', [to.node('Equal', [upper, lower]), upper, even]);
}

export function lowerQuantize(
  { shape, attributes: { type, scales, zero } }: Node<'quantize'>,
  [x]: readonly Name[],
  to: Lowering,
): Name {
  if (to.provider === 'webgpu') {
    const axes = scales.length > 1 ? shape.map((size, axis) => (axis === 0 ? size : 1)) : [];
    const scale = to.floats(axes, Float32Array.from(scales));
    const [least, most] = integerRange[type];
    const integer = roundHalfEven(to.node('Div', [x, scale]), to);
    return to.node('Mul', [to.node('Clip', [integer, to.float(least - zero), to.float(most - zero)]), scale]);
  }
  const perEntry = scales.length > 1 ? [scales.length] : [];
  const zeros = new (type === 'uint8' ? Uint8Array : Int8Array)(scales.length).fill(zero);
  const by = [to.floats(perEntry, Float32Array.from(scales)), to.bytes(perEntry, zeros)];
  const axis = { axis: { int: 0 } };
  return to.node('DequantizeLinear', [to.node('QuantizeLinear', [x, ...by], axis), ...by], axis);
}
