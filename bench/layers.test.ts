import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constant, conv2d, feed, silu } from '../src/graph/build.ts';
import { createProgram } from '../src/graph/program.ts';
import { filled } from '../src/math/tensor.ts';
import { modelConfig } from '../src/model/config.ts';
import { lowerProgram } from '../src/onnx/emit.ts';
import { stepPrograms } from '../src/train/step.ts';
import { layerOf, layerOfNode, layersOf } from './layers.ts';

test('names of weights are shortened to the layer as people think of it', () => {
  const layers = {
    'unet0.downs.0.1.block1.proj.weight': 'downs.0.1.block1',
    'unet0.downs.0.1.mlp.1.bias': 'downs.0.1.mlp',
    'unet0.ups.2.2.fn.fn.to_out.0.weight': 'ups.2.2',
    'unet0.ups.0.3.1.weight': 'ups.0.3',
    'unet0.mid_block1.block2.norm.weight': 'mid_block1.block2',
    'unet0.mid_attn.fn.norm.g': 'mid_attn',
    'unet0.time_mlp.1.weight': 'time_mlp',
    'adam.m/unet0.init_conv.weight': 'optimiser',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(layers).map((name) => [name, layerOf(name)])), layers);
});

test('onnxruntime names new nodes after their origin', () => {
  const layers = new Map([
    ['MatMul_83', 'mid_attn'],
    ['next adam.m/init_conv.weight', 'optimiser'],
  ]);
  assert.equal(layerOfNode(layers, 'MatMul_83/MatMulAddFusion/GemmTransposeFusion/'), 'mid_attn');
  assert.equal(layerOfNode(layers, 'MatMul_83_nchwc'), 'mid_attn');
  assert.equal(layerOfNode(layers, 'MatMul_83_new_reshape'), 'mid_attn');
  assert.equal(layerOfNode(layers, 'next adam.m/init_conv.weight'), 'optimiser');
  assert.equal(layerOfNode(layers, 'ReorderOutput_token_3'), undefined);
});

test('a constant is recognised by its memory, and nodes after a layer belong to it', () => {
  const weight = filled([4, 3, 1, 1], 1);
  const y = silu(conv2d(feed('x', [1, 3, 2, 2]), constant(weight), { stride: 1, padding: 0 }));
  const layers = layersOf(lowerProgram(createProgram('one', { y }), 'cpu'), { 'init_conv.weight': weight });
  assert.deepEqual(new Set(layers.values()), new Set(['init_conv']));
});

test('a training step has every layer of the network, forward and backward, and the optimiser', () => {
  const model = modelConfig({ unet: { dim: 8, multipliers: [1] } });
  const adam = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clipNorm: 1 };
  const options = { ...adam, loss: 'l1', batch: 1, height: 4, width: 4, accumulation: 1 } as const;
  const { step } = stepPrograms(model, options);
  const lowered = lowerProgram(step, 'cpu');
  const layers = layersOf(lowered, {});
  assert.equal(layers.size, lowered.nodes.length);
  // Norm, scale, moments, weights and averages: about twenty calls per weight, none of them a layer's.
  const weights = Object.keys(step.states).length / 4;
  const ofOptimiser = [...layers.values()].filter((layer) => layer === 'optimiser').length;
  assert.ok(ofOptimiser > 15 * weights && ofOptimiser < 30 * weights, `${ofOptimiser} for ${weights} weights`);
  const wanted = new Set(Object.keys(step.states).map(layerOf));
  assert.deepEqual(new Set(layers.values()), new Set([...wanted, 'input']));
});
