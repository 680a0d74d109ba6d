"""Training steps in PyTorch: reads a request as a line of JSON, answers with a line of JSON.

open    model, type, whether by oneDNN, parameters by name in a file of raw float32, whether zeros of weights are outside
        a pattern and stay, settings of SGD, the folder of CIFAR-10                   ->  samples
step    numbers of the batch's samples  ->  loss of the batch before the update
left    file  ->  count of the float64 numbers written to it: gradients of the last step, then parameters, both in the order
        of `open` and without what is outside a pattern

The first line, unasked, tells the version. Whatever goes wrong is answered with `error`.

Networks, reader and constants are written down here once more, so that what is wrong on the other side shows.
"""

import ctypes
import gzip
import json
import pathlib
import sys


def reply(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except Exception as problem:  # a broken installation raises more than ImportError
    reply(error=f"PyTorch cannot be imported by {sys.executable}: {problem}")
    sys.exit(0)

CLASSES = 10
RECORD = 1 + 3 * 32 * 32
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)


class CnnCifar10(nn.Module):
    """FedSparsify's, without dropout; batch norms have Keras' defaults."""

    def __init__(self):
        super().__init__()
        channels = 3
        for number, out in enumerate((64, 64, 128, 128, 128, 128), 1):
            setattr(self, f"conv{number}", nn.Conv2d(channels, out, 3, padding=1))
            channels = out
        self.bn1 = nn.BatchNorm2d(64, eps=1e-3, momentum=0.01)
        self.bn2 = nn.BatchNorm2d(128, eps=1e-3, momentum=0.01)
        self.fc1 = nn.Linear(128 * 4 * 4, 512)
        self.fc2 = nn.Linear(512, CLASSES)

    def forward(self, x):
        x = self.bn1(F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2))
        x = self.bn2(F.max_pool2d(F.relu(self.conv4(F.relu(self.conv3(x)))), 2))
        x = F.max_pool2d(F.relu(self.conv6(F.relu(self.conv5(x)))), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Block(nn.Module):
    """ResNet's basic block, named as in torchvision."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, out, 1, stride=stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """For small images: a 3x3 stem without pool."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for number, out in enumerate((64, 128, 256, 512), 1):
            stride = 1 if number == 1 else 2
            setattr(self, f"layer{number}", nn.Sequential(Block(channels, out, stride), Block(out, out, 1)))
            channels = out
        self.fc = nn.Linear(512, CLASSES)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


class Vgg16(nn.Module):
    """Configuration D with batch norms, named as in torchvision, with one fully connected layer; batch norms as Keras'."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for count, out in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
            for _ in range(count):
                norm = nn.BatchNorm2d(out, eps=1e-3, momentum=0.01)
                layers += [nn.Conv2d(channels, out, 3, padding=1), norm, nn.ReLU()]
                channels = out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(512, CLASSES)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


MODELS = {"cnn-cifar10": CnnCifar10, "resnet18": ResNet18, "vgg16": Vgg16}


def records(folder):
    """All training records, in the order of the files."""
    data = pathlib.Path(folder)
    places = [data / "cifar10", data / "cifar-10-batches-bin", data]
    found = bytearray()
    for number in range(1, 6):
        paths = [place / f"data_batch_{number}.bin{ending}" for place in places for ending in ("", ".gz")]
        path = next((path for path in paths if path.exists()), None)
        if path:
            found += gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return torch.frombuffer(found, dtype=torch.uint8).view(-1, RECORD)


class Training:
    def __init__(self, model, dtype, onednn, parameters, values, sparse, rate, momentum, data):
        torch.set_num_threads(1)
        torch.backends.mkldnn.enabled = onednn
        self.dtype = getattr(torch, dtype)
        self.model = MODELS[model]().to(self.dtype)
        sizes = [torch.Size(shape).numel() for _, shape in parameters]
        flat = torch.from_file(values, size=sum(sizes), dtype=torch.float32)
        state = {name: part.view(shape) for (name, shape), part in zip(parameters, flat.split(sizes))}
        self.model.load_state_dict(state, strict=True)
        self.names = list(state)
        weights = [(name, p) for name, p in self.model.named_parameters() if sparse and p.dim() > 1]
        self.masks = {name: weight.detach() != 0 for name, weight in weights}
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=rate, momentum=momentum)
        self.records = records(data)

    def step(self, samples):
        batch = self.records[torch.tensor(samples)]
        pixels = batch[:, 1:].double().view(-1, 3, 32, 32) / 255
        mean, deviation = (torch.tensor(each, dtype=torch.double).view(3, 1, 1) for each in (MEAN, DEVIATION))
        logits = self.model(((pixels - mean) / deviation).to(self.dtype))
        loss = F.cross_entropy(logits, batch[:, 0].long())
        self.optimizer.zero_grad()
        loss.backward()
        for name, mask in self.masks.items():
            self.model.get_parameter(name).grad.mul_(mask)
        self.optimizer.step()
        return loss.item()

    def left(self, file):
        """Parts of each tensor that are within its pattern."""
        trained, state = dict(self.model.named_parameters()), self.model.state_dict()
        tensors = [(name, trained[name].grad) for name in self.names if name in trained]
        tensors += [(name, state[name]) for name in self.names]
        parts = [tensor[self.masks[name]] if name in self.masks else tensor.flatten() for name, tensor in tensors]
        numbers = torch.cat(parts).double()
        with open(file, "wb") as out:
            out.write(ctypes.string_at(numbers.data_ptr(), 8 * numbers.numel()))
        return numbers.numel()


training = None


def answer(request):
    global training
    task = request.pop("do")
    if task == "open":
        training = Training(**request)
        return {"samples": len(training.records)}
    if task == "step":
        return {"loss": training.step(**request)}
    if task == "left":
        return {"count": training.left(**request)}
    raise ValueError(f"unknown request {task}")


if __name__ == "__main__":
    reply(version=torch.__version__, capability=torch.backends.cpu.get_cpu_capability())
    for line in sys.stdin:
        try:
            reply(**answer(json.loads(line)))
        except Exception as problem:
            reply(error=f"{type(problem).__name__}: {problem}")
