"""Golden values of a small MLP, computed by PyTorch in float64 from float32 inputs.

Run with `python golden_mlp.py > golden_mlp.json`; needs torch (made with the version noted in the file).
"""

import json
import sys

import torch

SEED = 1990
WIDTHS = [12, 9, 7, 4]
SAMPLES, BATCH = 11, 4
RATE, MOMENTUM, DECAY = 0.1, 0.9, 0.01

torch.manual_seed(SEED)


def layers():
    """float32 parameters, PyTorch's [out, in]."""
    for i, (fan_in, fan_out) in enumerate(zip(WIDTHS, WIDTHS[1:]), start=1):
        yield f"fc{i}.weight", torch.empty(fan_out, fan_in).uniform_(-0.7, 0.7)
        yield f"fc{i}.bias", torch.empty(fan_out).uniform_(-0.2, 0.2)


def forward(parameters, x):
    depth = len(WIDTHS) - 1
    for i in range(1, depth + 1):
        x = x @ parameters[f"fc{i}.weight"].T + parameters[f"fc{i}.bias"]
        if i < depth:
            x = torch.relu(x)
    return x


def numbers(tensors):
    return {name: tensor.detach().flatten().tolist() for name, tensor in tensors.items()}


def case(start, masks, pixels, labels):
    """Loss and gradients of the first batch, then parameters after one epoch of masked SGD."""
    parameters = {
        name: (value.double() * masks[name]).requires_grad_() for name, value in start.items()
    }
    x = pixels.double() / 256
    optimiser = torch.optim.SGD(parameters.values(), lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    result = {}
    for at in range(0, SAMPLES, BATCH):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            forward(parameters, x[at : at + BATCH]), labels[at : at + BATCH]
        )
        loss.backward()
        for name, value in parameters.items():
            value.grad *= masks[name]
        if at == 0:
            result["loss"] = loss.item()
            result["gradients"] = numbers({name: value.grad for name, value in parameters.items()})
        optimiser.step()
        with torch.no_grad():
            for name, value in parameters.items():
                value *= masks[name]
    result["trained"] = numbers(parameters)
    return result


def main():
    start = dict(layers())
    pixels = torch.randint(0, 256, (SAMPLES, WIDTHS[0]))
    labels = torch.randint(0, WIDTHS[-1], (SAMPLES,))
    dense = {name: torch.ones_like(value) for name, value in start.items()}
    sparse = {name: (torch.rand(value.shape) < 0.4).float() for name, value in start.items()}
    json.dump(
        {
            "made": f"golden_mlp.py, torch {torch.__version__}, seed {SEED}",
            "widths": WIDTHS,
            "batch": BATCH,
            "rate": RATE,
            "momentum": MOMENTUM,
            "decay": DECAY,
            "pixels": pixels.flatten().tolist(),
            "labels": labels.tolist(),
            "parameters": numbers(start),
            "masks": {name: mask.int().flatten().tolist() for name, mask in sparse.items()},
            "dense": case(start, dense, pixels, labels),
            "sparse": case(start, sparse, pixels, labels),
        },
        sys.stdout,
    )
    print()


if __name__ == "__main__":
    main()
