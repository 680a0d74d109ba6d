"""Loads a model that `gossamer export` has written, and tests it with the test images of its data set.

    python3 docs/load_in_pytorch.py MODEL.safetensors DATA     PyTorch; takes torch, safetensors and numpy
    python3 docs/load_in_pytorch.py MODEL.onnx DATA            ONNX Runtime; takes onnxruntime and numpy

DATA is the folder of the data set, with FashionMNIST's or MNIST's IDX files (as they are or with .gz) or CIFAR's test batch. The file
says which model it is and what makes its input of an image's bytes. Prints the accuracy.
"""

import gzip
import pathlib
import sys

import numpy as np


def images_and_labels(dataset, folder):
    """The test set, bytes of [count, channels, height, width], and classes."""

    def content(name):
        for path in (folder / name, folder / (name + ".gz")):
            if path.exists():
                return gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        sys.exit(f"{folder} has no {name}")

    if dataset in ("mnist", "fashion-mnist"):
        images = np.frombuffer(content("t10k-images-idx3-ubyte"), np.uint8, offset=16).reshape(-1, 1, 28, 28)
        return images, np.frombuffer(content("t10k-labels-idx1-ubyte"), np.uint8, offset=8)
    if dataset in ("cifar10", "cifar100"):
        name, labels = ("test_batch.bin", 1) if dataset == "cifar10" else ("test.bin", 2)
        rows = np.frombuffer(content(name), np.uint8).reshape(-1, labels + 3 * 32 * 32)
        return rows[:, labels:].reshape(-1, 3, 32, 32), rows[:, labels - 1]
    sys.exit(f"This script reads no data set {dataset}")


def network_input(images, metadata):
    """What the network was trained on: pixel * scale + shift, for each channel."""
    scale, shift = (np.array(metadata[key].split(), np.float32).reshape(1, -1, 1, 1) for key in ("scale", "shift"))
    return images.astype(np.float32) * scale + shift


def pytorch_module(model, state):
    """The module whose state dictionary the file is."""
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, channels, out, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(out)
            self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(out)
            self.downsample = None
            if stride != 1 or channels != out:
                self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

        def forward(self, x):
            shortcut = x if self.downsample is None else self.downsample(x)
            return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + shortcut)

    def linear(name):
        return nn.Linear(*reversed(state[name + ".weight"].shape))

    def conv(name, **window):
        out, channels, kernel, _ = state[name + ".weight"].shape
        return nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=name + ".bias" in state, **window)

    if model in ("mlp", "lenet-300-100", "linear"):
        names = sorted({key.split(".")[0] for key in state})
        layers = [("flatten", nn.Flatten())]
        for name in names:
            layers += [(name, linear(name)), (name + "_relu", nn.ReLU())]
        layers = layers[:-1]
    elif model == "cnn-cifar10":
        layers = []
        for block in (1, 2, 3):
            for name in (f"conv{2 * block - 1}", f"conv{2 * block}"):
                layers += [(name, conv(name)), (name + "_relu", nn.ReLU())]
            layers += [(f"pool{block}", nn.MaxPool2d(2))]
            if block < 3:
                layers += [(f"bn{block}", nn.BatchNorm2d(len(state[f"bn{block}.weight"]), eps=1e-3))]
        layers += [("flatten", nn.Flatten()), ("fc1", linear("fc1")), ("relu", nn.ReLU()), ("fc2", linear("fc2"))]
    elif model == "cnn-femnist":
        layers = []
        for number in (1, 2):
            name = f"conv{number}"
            layers += [(name, conv(name)), (name + "_relu", nn.ReLU()), (f"pool{number}", nn.MaxPool2d(2))]
        layers += [("flatten", nn.Flatten()), ("fc1", linear("fc1")), ("relu", nn.ReLU()), ("fc2", linear("fc2"))]
    elif model == "vgg16":
        features, channels = [], 3
        for block in ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)):
            for out in block:
                features += [nn.Conv2d(channels, out, 3, padding=1), nn.BatchNorm2d(out, eps=1e-3), nn.ReLU()]
                channels = out
            features += [nn.MaxPool2d(2)]
        layers = [("features", nn.Sequential(*features)), ("flatten", nn.Flatten()), ("classifier", linear("classifier"))]
    elif model.startswith("resnet18"):
        width, speech = state["conv1.weight"].shape[0], model == "resnet18-speech"
        stem = conv("conv1", stride=2) if speech else conv("conv1")
        layers = [("conv1", stem), ("bn1", nn.BatchNorm2d(width)), ("relu", nn.ReLU())]
        layers += [("maxpool", nn.MaxPool2d(3, 2, 1))] * speech
        channels = width
        for stage in (1, 2, 3, 4):
            out = width << (stage - 1)
            blocks = [Block(channels, out, 1 if stage == 1 else 2), Block(out, out, 1)]
            layers += [(f"layer{stage}", nn.Sequential(*blocks))]
            channels = out
        layers += [("avgpool", nn.AdaptiveAvgPool2d(1)), ("flatten", nn.Flatten()), ("fc", linear("fc"))]
    else:
        sys.exit(f"This script builds no model {model}")
    module = nn.Sequential()
    for name, layer in layers:
        module.add_module(name, layer)
    module.load_state_dict(state)
    return module.eval()


def pytorch_logits(path):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file

    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    module = pytorch_module(metadata["model"], load_file(path))

    @torch.inference_mode()
    def logits(batch):
        return module(torch.from_numpy(batch)).numpy()

    return metadata, logits


def onnx_logits(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.get_modelmeta().custom_metadata_map, lambda batch: session.run(["logits"], {"input": batch})[0]


def main(path, folder):
    metadata, logits = (onnx_logits if path.endswith(".onnx") else pytorch_logits)(path)
    images, labels = images_and_labels(metadata["dataset"], pathlib.Path(folder))
    inputs = network_input(images, metadata)
    answers = np.concatenate([logits(inputs[i : i + 500]) for i in range(0, len(inputs), 500)])
    right = int((answers.argmax(1) == labels).sum())
    print(f"{metadata['model']} on {metadata['dataset']}: {right} of {len(labels)}, accuracy {right / len(labels):.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
