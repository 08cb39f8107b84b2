/** The peers that we are compared with, one per line. */
import type { Peer } from './peer.ts';
import { node } from './peers/node.ts';
import { tensorflow } from './peers/tensorflow.ts';
import { torch } from './peers/torch.ts';

export const peers: readonly Peer[] = [torch, node, tensorflow];
