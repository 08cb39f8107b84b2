"""The U-Net of src/nn in PyTorch, as a child of the bench (bench/protocol.ts says what is said on its pipes).

Weights have the reference implementation's names and come from a safetensors file. The idioms are those of the
reference: F.conv2d, F.group_norm, F.silu, einsum in the attention, torch.optim.Adam, clip_grad_norm_; where another one
computes the same in less time on a CPU, it stands here. In inference the standardised weights are computed once, as our
runtime does. channels_last makes no convolution faster here, and is left out.
"""
import json
import os
import re
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_

HEADS, HEAD_CHANNELS = 4, 32
EPSILON = 1e-5


def read_safetensors(path):
    """The float32 tensors of a safetensors file."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        values = file.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", f"{name}: expected F32, got {entry['dtype']}"
        begin, end = entry["data_offsets"]
        array = np.frombuffer(values, "<f4", (end - begin) // 4, begin).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def write_safetensors(path, tensors):
    header, parts, position = {}, [], 0
    for name, tensor in tensors.items():
        part = tensor.detach().contiguous().numpy().astype("<f4").tobytes()
        offsets = [position, position + len(part)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": offsets}
        parts.append(part)
        position += len(part)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


def standardised(weight):
    """Each output channel's kernel gets mean 0 and variance 1; torch.var takes ten times as long on a CPU."""
    return F.layer_norm(weight, weight.shape[1:], eps=EPSILON)


class Unet:
    """The forward pass over a dictionary of weights."""

    def __init__(self, weights, unet, standardise):
        self.weights, self.groups, self.standardise = weights, unet["groups"], standardise
        widths = [unet["dim"] * m for m in [1, *unet["multipliers"]]]
        self.levels = len(widths) - 1

    def conv(self, x, name, **options):
        return F.conv2d(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], **options)

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def block(self, x, name, scale_shift=None):
        weight = self.standardise(self.weights[f"{name}.proj.weight"])
        x = F.conv2d(x, weight, self.weights[f"{name}.proj.bias"], padding=1)
        x = F.group_norm(x, self.groups, self.weights[f"{name}.norm.weight"], self.weights[f"{name}.norm.bias"], EPSILON)
        if scale_shift is not None:
            scale, shift = scale_shift
            x = x * (scale + 1) + shift
        return F.silu(x)

    def residual_block(self, x, time, name):
        moments = self.linear(F.silu(time), f"{name}.mlp.1")[:, :, None, None]
        h = self.block(x, f"{name}.block1", moments.chunk(2, dim=1))
        h = self.block(h, f"{name}.block2")
        return h + (self.conv(x, f"{name}.res_conv") if f"{name}.res_conv.weight" in self.weights else x)

    def layer_norm(self, x, name):
        # The reference calls torch.var; the mean of squares is twice as fast on a CPU.
        centred = x - x.mean(dim=1, keepdim=True)
        return centred * (centred.square().mean(dim=1, keepdim=True) + EPSILON).rsqrt() * self.weights[f"{name}.g"]

    def queries_keys_values(self, x, name):
        n, _, height, width = x.shape
        qkv = F.conv2d(x, self.weights[f"{name}.to_qkv.weight"])
        return qkv.view(n, 3, HEADS, HEAD_CHANNELS, height * width).unbind(1)

    def linear_attention(self, x, name):
        n, _, height, width = x.shape
        q, k, v = self.queries_keys_values(self.layer_norm(x, f"{name}.fn.norm"), f"{name}.fn.fn")
        q = q.softmax(dim=-2) * HEAD_CHANNELS**-0.5
        context = torch.einsum("nhdp,nhep->nhde", k.softmax(dim=-1), v / (height * width))
        out = torch.einsum("nhde,nhdp->nhep", context, q).reshape(n, HEADS * HEAD_CHANNELS, height, width)
        return self.layer_norm(self.conv(out, f"{name}.fn.fn.to_out.0"), f"{name}.fn.fn.to_out.1") + x

    def full_attention(self, x, name):
        n, _, height, width = x.shape
        q, k, v = self.queries_keys_values(self.layer_norm(x, f"{name}.fn.norm"), f"{name}.fn.fn")
        scores = torch.einsum("nhdp,nhdr->nhpr", q * HEAD_CHANNELS**-0.5, k).softmax(dim=-1)
        out = torch.einsum("nhpr,nhdr->nhdp", scores, v).reshape(n, HEADS * HEAD_CHANNELS, height, width)
        return self.conv(out, f"{name}.fn.fn.to_out") + x

    def __call__(self, x, embedding):
        x = first = self.conv(x, "init_conv", padding=3)
        time = self.linear(F.gelu(self.linear(embedding, "time_mlp.1")), "time_mlp.3")
        skips = []
        for i in range(self.levels):
            x = self.residual_block(x, time, f"downs.{i}.0")
            skips.append(x)
            x = self.residual_block(x, time, f"downs.{i}.1")
            x = self.linear_attention(x, f"downs.{i}.2")
            skips.append(x)
            last = i == self.levels - 1
            x = self.conv(x, f"downs.{i}.3", **(dict(padding=1) if last else dict(stride=2, padding=1)))
        x = self.residual_block(x, time, "mid_block1")
        x = self.full_attention(x, "mid_attn")
        x = self.residual_block(x, time, "mid_block2")
        for i in range(self.levels):
            x = self.residual_block(torch.cat((x, skips.pop()), dim=1), time, f"ups.{i}.0")
            x = self.residual_block(torch.cat((x, skips.pop()), dim=1), time, f"ups.{i}.1")
            x = self.linear_attention(x, f"ups.{i}.2")
            if i == self.levels - 1:
                x = self.conv(x, f"ups.{i}.3", padding=1)
            else:
                x = self.conv(F.interpolate(x, scale_factor=2, mode="nearest"), f"ups.{i}.3.1", padding=1)
        x = self.residual_block(torch.cat((x, first), dim=1), time, "final_res_block")
        return self.conv(x, "final_conv")


def inference(task, weights, feeds):
    fixed = {name: standardised(w) if name.endswith(".proj.weight") else w for name, w in weights.items()}
    network = Unet(fixed, task["model"]["unet"], lambda weight: weight)

    def run():
        with torch.inference_mode():
            return network(torch.cat((feeds["noisy"], feeds["input"]), dim=1), feeds["residualTime"])

    return run, lambda: {"residual": run()}


def training(task, weights, feeds):
    options = task["optimiser"]
    for weight in weights.values():
        weight.requires_grad_()
    parameters = list(weights.values())
    average = [weight.detach().clone() for weight in parameters]
    network = Unet(weights, task["model"]["unet"], standardised)
    betas = (options["beta1"], options["beta2"])
    adam = torch.optim.Adam(parameters, options["learningRate"], betas, options["epsilon"])
    clean, given, noise = feeds["clean"], feeds["input"], feeds["noise"]

    def run():
        residual = given - clean
        noisy = clean + feeds["alphaBar"] * residual + feeds["betaBar"] * noise  # Eq. 7
        adam.zero_grad(set_to_none=True)
        loss = F.l1_loss(network(torch.cat((noisy, given), dim=1), feeds["residualTime"]), residual)
        loss.backward()
        norm = clip_grad_norm_(parameters, options["clipNorm"])
        adam.step()
        with torch.no_grad():
            for mean, weight in zip(average, parameters):
                mean.lerp_(weight, options["averageRate"])
        return loss.item(), norm.item()

    def check():
        losses, norms = zip(run(), run())
        return {"loss": torch.tensor(losses), "gradientNorm": torch.tensor(norms)}

    return run, check


def peak_rss_mb():
    try:
        with open("/proc/self/status") as file:
            return int(re.search(r"VmHWM:\s*(\d+)", file.read())[1]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load(order):
    torch.set_num_threads(order["threads"])
    task = order["task"]
    weights = {name.removeprefix("unet0."): w for name, w in read_safetensors(task["weights"]).items()}
    return {"inference": inference, "training": training}[task["kind"]](task, weights, read_safetensors(task["feeds"]))


def main():
    # What a library prints must not stand among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run = check = None
    for line in iter(sys.stdin.readline, ""):
        order, answer = json.loads(line), {}
        try:
            if order["do"] == "load":
                run, check = load(order)
            elif order["do"] == "check":
                write_safetensors(order["file"], check())
            elif order["do"] == "run":
                began = time.perf_counter()
                run()
                answer = {"seconds": time.perf_counter() - began}
            elif order["do"] == "memory":
                answer = {"peak_rss_mb": peak_rss_mb()}
            elif order["do"] == "end":
                break
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
