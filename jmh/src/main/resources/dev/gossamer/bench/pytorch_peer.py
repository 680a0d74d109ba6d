"""PyTorch as a contender: reads a request as a line of JSON, answers with a line of JSON, and times itself.

open    kind and operands, which lie in files of raw little-endian numbers  ->  id
run     id, runs, threads, perhaps waits, after each run and not only once  ->  nanos of a run
stream  id, nanos, threads: runs for so long, at least once                 ->  latencies, the nanos of each
result  id, file, perhaps parameters to begin with instead                  ->  count of the f32 numbers written to the file
close   id

Models run on the device and in the mode that they are opened with: eager, in f32; tf32, the same with TF32, where matrices are
multiplied; graph, replayed as a CUDA graph; compiled, by torch.compile; jit, for inference, by torch.jit. What is enqueued on a
GPU is waited for once, at the end of the runs. Images and kernels of convolutions lie as `layout` says, nchw or nhwc: which of
them PyTorch is faster with depends on sizes and machine.

The first line, unasked, tells the version. Whatever goes wrong is answered with `error`.
"""

import copy
import ctypes
import json
import sys
import time


def reply(**facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


try:
    import torch
except Exception as problem:  # a broken installation raises more than ImportError
    reply(error=f"PyTorch cannot be imported by {sys.executable}: {problem}")
    sys.exit(0)


def load(path, count, dtype):
    return torch.from_file(path, size=count, dtype=dtype).clone()


LAYOUTS = {"nchw": torch.contiguous_format, "nhwc": torch.channels_last}


def plain_sgd(parameters, rate):
    """On a CPU the fastest of PyTorch's three; `foreach` and the default take longer, in bf16 half as long again."""
    parameters = list(parameters)
    fused = True if parameters[0].device.type == "cpu" else None
    return torch.optim.SGD(parameters, lr=rate, fused=fused)


class Contender:
    """What is timed."""

    def prepare(self):
        """Before each request: precision, for one, is a switch of the whole process."""


class Sddmm(Contender):
    """The entries of a pattern of A·Bᵀ; torch.sparse.sampled_addmm takes Bᵀ as an operand."""

    def __init__(self, rows, cols, depth, nnz, files, dtype):
        row_ptr = load(files["rowPtr"], rows + 1, torch.int32)
        col_idx = load(files["colIdx"], nnz, torch.int32)
        values = torch.zeros(nnz, dtype=dtype)
        self.pattern = torch.sparse_csr_tensor(row_ptr, col_idx, values, (rows, cols))
        self.a = load(files["a"], rows * depth, torch.float32).view(rows, depth).to(dtype)
        self.bt = load(files["b"], cols * depth, torch.float32).view(cols, depth).to(dtype).t()

    def run(self):
        self.c = torch.sparse.sampled_addmm(self.pattern, self.a, self.bt, beta=0)

    def result(self):
        return self.c.values()


class TopK(Contender):
    """The k-th largest magnitude; the magnitudes are taken before, which our engine does inside."""

    def __init__(self, count, keep, call, files, dtype):
        self.magnitudes = load(files["values"], count, torch.float32).to(dtype).abs()
        self.keep = keep
        self.run = self.kthvalue if call == "kthvalue" else self.topk

    def kthvalue(self):
        self.threshold = torch.kthvalue(self.magnitudes, self.magnitudes.numel() - self.keep + 1).values

    def topk(self):
        self.threshold = torch.topk(self.magnitudes, self.keep, sorted=False).values.min()

    def result(self):
        return self.threshold.view(1)


class Step(Contender):
    """An epoch of training steps of an MLP, plain SGD; samples lie there as floats, in the order in which they are visited."""

    def __init__(self, widths, batch, samples, rate, files, dtype):
        pixels = load(files["images"], samples * widths[0], torch.uint8).view(samples, widths[0])
        self.images = (pixels.float() / 255).to(dtype)
        self.labels = load(files["labels"], samples, torch.uint8).long()
        self.batch = batch
        layers = []
        for fan_in, fan_out in zip(widths, widths[1:]):
            layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
        self.model = torch.nn.Sequential(*layers[:-1])
        parameters = list(self.model.parameters())
        initial = load(files["parameters"], sum(p.numel() for p in parameters), torch.float32)
        with torch.no_grad():
            for parameter, part in zip(parameters, initial.split([p.numel() for p in parameters])):
                parameter.copy_(part.view_as(parameter))
        self.model.to(dtype)
        self.optimizer = plain_sgd(self.model.parameters(), rate)

    def run(self):
        for start in range(0, len(self.images), self.batch):
            self.optimizer.zero_grad(set_to_none=True)
            logits = self.model(self.images[start : start + self.batch])
            loss = torch.nn.functional.cross_entropy(logits, self.labels[start : start + self.batch])
            loss.backward()
            self.optimizer.step()

    def result(self):
        return torch.cat([parameter.detach().flatten() for parameter in self.model.parameters()])


class Conv(Contender):
    """A dense convolution or one of its gradients; tensors come and go as [channels, height, width, batch]."""

    GRADIENTS = {"INPUT_GRADIENT": [True, False, False], "WEIGHT_GRADIENT": [False, True, False]}

    def __init__(self, channels, plane, batch, kernel, direction, files, dtype, layout="nchw"):
        laid_out = {"dtype": dtype, "memory_format": LAYOUTS[layout]}

        def images(name):
            numbers = load(files[name], channels * plane * plane * batch, torch.float32)
            return numbers.view(channels, plane, plane, batch).permute(3, 0, 1, 2).contiguous().to(**laid_out)

        weights = load(files["weights"], channels * channels * kernel * kernel, torch.float32)
        self.weights = weights.view(channels, channels, kernel, kernel).to(**laid_out)
        self.x = images("x")
        self.gy = images("gy")
        self.padding = kernel // 2
        self.direction = direction

    def run(self):
        if self.direction == "FORWARD":
            self.answer = torch.nn.functional.conv2d(self.x, self.weights, padding=self.padding)
        else:
            wanted = self.GRADIENTS[self.direction]
            padding = [self.padding, self.padding]
            gradients = torch.ops.aten.convolution_backward(
                self.gy, self.x, self.weights, None, [1, 1], padding, [1, 1], False, [0, 0], 1, wanted
            )
            self.answer = gradients[wanted.index(True)]

    def result(self):
        return self.answer if self.direction == "WEIGHT_GRADIENT" else self.answer.permute(1, 2, 3, 0)


class Block(torch.nn.Module):
    """The basic block of a residual network."""

    def __init__(self, channels, out, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(out)
        self.conv2 = torch.nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or channels != out:
            self.downsample = torch.nn.Sequential(
                torch.nn.Conv2d(channels, out, 1, stride, bias=False), torch.nn.BatchNorm2d(out)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        inner = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(inner)) + shortcut)


def layer(channels, plane, kind, relu=False, out=None, **rest):
    """The modules of a layer, and the channels and plane that come out of it."""
    if kind == "conv":
        conv = torch.nn.Conv2d(channels, out, rest["kernel"], rest["stride"], rest["padding"], bias=rest["bias"])
        plane = (plane + 2 * rest["padding"] - rest["kernel"]) // rest["stride"] + 1
        modules = [conv]
    elif kind == "norm":
        modules, out = [torch.nn.BatchNorm2d(channels, rest["epsilon"], rest["momentum"])], channels
    elif kind == "max":
        modules, out = [torch.nn.MaxPool2d(rest["kernel"], rest["stride"], rest["padding"])], channels
        plane = (plane + 2 * rest["padding"] - rest["kernel"]) // rest["stride"] + 1
    elif kind == "average":
        modules, out, plane = [torch.nn.AdaptiveAvgPool2d(1)], channels, 1
    elif kind == "block":
        modules, plane = [Block(channels, out, rest["stride"])], (plane - 1) // rest["stride"] + 1
    elif kind == "linear":
        modules, plane = [torch.nn.Flatten(), torch.nn.Linear(channels * plane * plane, out)], 1
    else:
        raise ValueError(f"unknown layer {kind}")
    return modules + [torch.nn.ReLU()] * relu, out, plane


class Model(Contender):
    """A model and a batch of images, which lie there as floats; those of an MLP as vectors."""

    def __init__(self, layers, channels, plane, batch, files, dtype, device="cpu", mode="eager", layout="nchw"):
        shape = (batch, channels) if plane == 1 else (batch, channels, plane, plane)
        pixels = load(files["images"], batch * channels * plane * plane, torch.uint8).view(shape)
        self.device = torch.device(device)
        self.mode = mode
        self.images = (pixels.float() / 255).to(self.device, dtype)
        self.labels = load(files["labels"], batch, torch.uint8).long().to(self.device)
        modules, flat = [], plane == 1
        for described in layers:
            more, channels, plane = layer(channels, plane, **described)
            modules += [module for module in more if not (flat and isinstance(module, torch.nn.Flatten))]
            flat = flat or described["kind"] == "linear"
        self.model = torch.nn.Sequential(*modules).to(self.device, dtype)
        if self.images.dim() == 4:
            self.images = self.images.to(memory_format=LAYOUTS[layout])
            self.model = self.model.to(memory_format=LAYOUTS[layout])
        self.fill(self.model, files["parameters"])

    @staticmethod
    def fill(model, path):
        """Parameters and statistics of a file."""
        tensors = [t for t in model.state_dict().values() if t.is_floating_point()]
        numbers = load(path, sum(t.numel() for t in tensors), torch.float32)
        for tensor, part in zip(tensors, numbers.split([t.numel() for t in tensors])):
            tensor.copy_(part.view_as(tensor))

    def loss(self, model):
        return torch.nn.functional.cross_entropy(model(self.images), self.labels)

    def prepare(self):
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = True
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.mode == "tf32"

    def captured(self, call):
        """A CUDA graph of it; the first calls, outside, are for what libraries set up."""
        self.prepare()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                call()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            call()
        return graph.replay


class Training(Model):
    """Training steps on the batch, plain SGD, dense; its result is the losses of the first steps of the sparse model."""

    def __init__(self, rate, losses, **rest):
        super().__init__(**rest)
        self.initial = copy.deepcopy(self.model)
        self.rate = rate
        self.losses = losses
        self.optimizer = plain_sgd(self.model.parameters(), rate)
        if self.mode == "compiled":
            self.model = torch.compile(self.model)
        if self.mode == "graph":
            self.run = self.captured(self.run)

    def run(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss(self.model).backward()
        self.optimizer.step()

    def result(self, parameters=None):
        """Gradients are masked, which no step that is timed does."""
        model = copy.deepcopy(self.initial)
        if parameters:
            self.fill(model, parameters)
        optimizer = plain_sgd(model.parameters(), self.rate)
        masks = [(p, p.detach() != 0) for p in model.parameters() if p.dim() > 1]
        losses = []
        for _ in range(self.losses):
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss(model)
            loss.backward()
            for parameter, mask in masks:
                parameter.grad.mul_(mask)
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses)


class Inference(Model):
    """The batch through the model; its result is the loss."""

    def __init__(self, **rest):
        super().__init__(**rest)
        self.model.eval()
        self.initial = self.model
        if self.mode == "jit":
            traced = torch.jit.trace(self.model, self.images)
            self.model = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        if self.mode == "compiled":
            self.model = torch.compile(self.model)
        if self.mode == "graph":
            self.run = self.captured(self.run)

    @torch.inference_mode()
    def run(self):
        self.model(self.images)

    @torch.inference_mode()
    def result(self, parameters=None):
        model = self.model
        if parameters:
            model = copy.deepcopy(self.initial)
            self.fill(model, parameters)
        return self.loss(model).view(1)


class Serving(Inference):
    """The same; its result is the logits."""

    @torch.inference_mode()
    def result(self):
        return self.model(self.images).flatten()


KINDS = {
    "sddmm": Sddmm,
    "topk": TopK,
    "step": Step,
    "conv": Conv,
    "training": Training,
    "inference": Inference,
    "serving": Serving,
}
contenders = {}


def settle():
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()


def use_threads(threads):
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def latencies(contender, nanos):
    settle()
    times = []
    start = end = time.perf_counter_ns()
    while not times or end - start < nanos:
        begin = time.perf_counter_ns()
        contender.run()
        settle()
        end = time.perf_counter_ns()
        times.append(end - begin)
    return times


def answer(request):
    task = request.pop("do")
    if task == "open":
        kind = KINDS[request.pop("kind")]
        key = len(contenders)
        contenders[key] = kind(dtype=getattr(torch, request.pop("dtype")), **request)
        return {"id": key}
    if task == "close":
        contenders[request["id"]] = None
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        return {}
    contender = contenders[request["id"]]
    contender.prepare()
    if task == "stream":
        use_threads(request["threads"])
        return {"latencies": latencies(contender, request["nanos"])}
    if task == "run":
        use_threads(request["threads"])
        settle()
        start = time.perf_counter_ns()
        for _ in range(request["runs"]):
            contender.run()
            if request.get("waits"):
                settle()
        settle()
        return {"nanos": (time.perf_counter_ns() - start) / request["runs"]}
    if task == "result":
        other = {"parameters": request["parameters"]} if "parameters" in request else {}
        numbers = contender.result(**other).to("cpu", torch.float32).contiguous()
        with open(request["file"], "wb") as out:
            out.write(ctypes.string_at(numbers.data_ptr(), 4 * numbers.numel()))
        return {"count": numbers.numel()}
    raise ValueError(f"unknown request {task}")


reply(version=torch.__version__, capability=torch.backends.cpu.get_cpu_capability())
for line in sys.stdin:
    try:
        reply(**answer(json.loads(line)))
    except Exception as problem:
        reply(error=f"{type(problem).__name__}: {problem}")
