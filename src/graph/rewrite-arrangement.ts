/** Simplifications of ops that move elements: dropping one, or merging two. Nothing is computed here. */
import { elementCount, sameShape } from '../math/shape.ts';
import { isOp, type Node } from './node.ts';
import type { Make, RewriteRules } from './rewrite-rules.ts';

function shorterReshape({ inputs: [x], shape }: Node<'reshape'>, make: Make): Node | undefined {
  if (sameShape(x.shape, shape)) return x;
  if (isOp(x, 'reshape')) return make('reshape', [x.inputs[0]], { shape });
  // A constant has the same elements in any shape.
  if (isOp(x, 'constant')) return make('constant', [], { value: { shape, data: x.attributes.value.data } });
  return undefined;
}

function shorterTranspose(node: Node<'transpose'>, make: Make): Node | undefined {
  const [x] = node.inputs;
  const { permutation } = node.attributes;
  if (isOp(x, 'transpose')) {
    const once = permutation.map((axis) => x.attributes.permutation[axis]);
    return make('transpose', [x.inputs[0]], { permutation: once });
  }
  // Axes of size 1 may be anywhere: elements keep their order if the other axes do.
  const moved = permutation.filter((axis) => x.shape[axis] > 1);
  const isInOrder = moved.every((axis, i) => i === 0 || moved[i - 1] < axis);
  return isInOrder ? make('reshape', [x], { shape: node.shape }) : undefined;
}

function shorterBroadcast({ inputs: [x], shape }: Node<'broadcast'>, make: Make): Node | undefined {
  if (isOp(x, 'broadcast')) return make('broadcast', [x.inputs[0]], { shape });
  return elementCount(x.shape) === elementCount(shape) ? make('reshape', [x], { shape }) : undefined;
}

function shorterSlice(node: Node<'slice'>, make: Make): Node | undefined {
  const [x] = node.inputs;
  const { axis, start, end } = node.attributes;
  if (start === 0 && end === x.shape[axis]) return x;
  const within = (inner: Node, offset: number): Node | undefined =>
    start >= offset && end <= offset + inner.shape[axis]
      ? make('slice', [inner], { axis, start: start - offset, end: end - offset })
      : undefined;
  if (isOp(x, 'slice') && x.attributes.axis === axis) {
    const from = x.attributes.start;
    return make('slice', [x.inputs[0]], { axis, start: from + start, end: from + end });
  }
  if (isOp(x, 'pad') && x.attributes.axis === axis) return within(x.inputs[0], x.attributes.before);
  if (isOp(x, 'concat') && x.attributes.axis === axis) {
    let offset = 0;
    for (const part of x.inputs) {
      const found = within(part, offset);
      if (found) return found;
      offset += part.shape[axis];
    }
  }
  return undefined;
}

function shorterPad({ inputs: [x], attributes: { axis, before, after } }: Node<'pad'>, make: Make): Node | undefined {
  if (before === 0 && after === 0) return x;
  if (!(isOp(x, 'pad') && x.attributes.axis === axis)) return undefined;
  const [inner, own] = [x.inputs[0], x.attributes];
  return make('pad', [inner], { axis, before: before + own.before, after: after + own.after });
}

/** If two nodes are the halves of one slice, that slice. */
function oneSlice(a: Node, b: Node, axis: number, make: Make): Node | undefined {
  if (!(isOp(a, 'slice') && isOp(b, 'slice') && a.inputs[0] === b.inputs[0])) return undefined;
  const isNext = a.attributes.axis === axis && b.attributes.axis === axis && a.attributes.end === b.attributes.start;
  return isNext ? make('slice', [a.inputs[0]], { axis, start: a.attributes.start, end: b.attributes.end }) : undefined;
}

function shorterConcat({ inputs, attributes: { axis } }: Node<'concat'>, make: Make): Node | undefined {
  if (inputs.length === 1) return inputs[0];
  const flat = inputs.flatMap((x) => (isOp(x, 'concat') && x.attributes.axis === axis ? x.inputs : [x]));
  const parts: Node[] = [];
  for (const part of flat) {
    const last = parts.at(-1);
    const both = last && oneSlice(last, part, axis, make);
    if (both) parts.splice(-1, 1, both);
    else parts.push(part);
  }
  return parts.length === inputs.length ? undefined : make('concat', parts, { axis });
}

export const arrangementRules: Pick<RewriteRules, 'reshape' | 'transpose' | 'broadcast' | 'slice' | 'pad' | 'concat'> =
  {
    reshape: [shorterReshape],
    transpose: [shorterTranspose],
    broadcast: [shorterBroadcast],
    slice: [shorterSlice],
    pad: [shorterPad],
    concat: [shorterConcat],
  };
