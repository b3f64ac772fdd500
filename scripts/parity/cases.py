"""What the reference can be asked for. Every case is a function of its arguments and seeds alone.

A case returns tensors by name and facts for JSON. Each side of the comparison reads the inputs from the answer, so
nothing depends on two generators agreeing. A model is built right after `manual_seed`, as in a program that has only one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
import torch.nn.functional as F
from googlenet import GoogLeNet, InceptionModule, parameter_count
from images import image_files
from preprocess import center_crop, compare, normalize, random_image, resize_short_edge
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchvision_package import import_torchvision
from variants import ARCHITECTURES, NaiveInceptionModule

Tensors = dict[str, Tensor]
Answer = tuple[Tensors, dict[str, Any]]
HEADS = ("main", "aux1", "aux2")


def build(seed: int, options: dict[str, Any]) -> nn.Module:
    """A model of `options`; with `channels_last` its weights, and then the images, are in that memory format."""
    arguments = {name: value for name, value in options.items() if name not in ("channels_last", "architecture")}
    architecture = ARCHITECTURES[options.get("architecture", "reference")]
    torch.manual_seed(seed)
    return architecture(**arguments).to(memory_format=memory_format(options))


def memory_format(options: dict[str, Any]) -> torch.memory_format:
    return torch.channels_last if options.get("channels_last") else torch.contiguous_format


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def named(prefix: str, tensors: dict[str, Tensor]) -> Tensors:
    """Copies under a prefix: later steps change parameters and buffers in place."""
    return {f"{prefix}.{name}": tensor.detach().clone() for name, tensor in tensors.items()}


def state_of(module: nn.Module) -> Tensors:
    return named("state", module.state_dict())


def logits(model: nn.Module, images: Tensor) -> Tensors:
    with torch.no_grad():
        return {head: out for head, out in zip(HEADS, model(images)) if out is not None}


def info() -> Answer:
    return {}, {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "capability": torch.backends.cpu.get_cpu_capability(),
    }


def init(seed: int, options: dict[str, Any]) -> Answer:
    model = build(seed, options)
    return state_of(model), {"parameters": parameter_count(model)}


def forward(seed: int, options: dict[str, Any], passes: list[dict[str, Any]], input_seed: int) -> Answer:
    """Passes one after another through one model: {"train", "batch", "seed"}; buffers carry over from pass to pass."""
    model = build(seed, options)
    draws = generator(input_seed)
    tensors: Tensors = {}
    for index, one in enumerate(passes):
        images = torch.randn(one["batch"], 3, 224, 224, generator=draws)
        model.train(one["train"])
        torch.manual_seed(one["seed"])
        in_format = images.contiguous(memory_format=memory_format(options))
        tensors |= named(str(index), {"images": images, **logits(model, in_format)})
    return tensors | state_of(model), {}


def forward_bytes(seed: int, options: dict[str, Any], batch: int, input_seed: int) -> Answer:
    """uint8 images [n, 224, 224, 3], which the reference normalizes first."""
    model = build(seed, options).eval()
    images = torch.randint(0, 256, (batch, 3, 224, 224), dtype=torch.uint8, generator=generator(input_seed))
    answer = logits(model, normalize(images))
    return {"images": images.permute(0, 2, 3, 1).contiguous(), **answer}, {}


def inception(seed: int, channels: list[int], shape: list[int], input_seed: int) -> Answer:
    torch.manual_seed(seed)
    module = InceptionModule(*channels)
    x = torch.randn(shape, generator=generator(input_seed))
    with torch.no_grad():
        output = module(x)
    return {"input": x, "output": output, **state_of(module)}, {}


def naive_inception(seed: int, channels: list[int], shape: list[int], input_seed: int) -> Answer:
    torch.manual_seed(seed)
    module = NaiveInceptionModule(*channels)
    x = torch.randn(shape, generator=generator(input_seed))
    with torch.no_grad():
        output = module(x)
    return {"input": x, "output": output, **state_of(module)}, {}


def losses(
    outputs: tuple[Tensor, Tensor | None, Tensor | None], labels: Tensor, aux_weight: float, **criterion: Any
) -> list[Tensor]:
    """[total, main, aux1, aux2]; NaN for heads that do not exist."""
    each = [F.cross_entropy(out, labels, **criterion) if out is not None else None for out in outputs]
    total = each[0]
    for aux in each[1:]:
        if aux is not None:
            total = total + aux_weight * aux
    return [total, *(torch.tensor(float("nan")) if loss is None else loss for loss in each)]


def correct_counts(outputs: tuple[Tensor, Tensor | None, Tensor | None], labels: Tensor) -> Tensor:
    """Main head, its best five, aux 1, aux 2."""
    best = outputs[0].topk(5, dim=1).indices == labels.unsqueeze(1)
    aux = [0 if out is None else int((out.argmax(1) == labels).sum()) for out in outputs[1:]]
    return torch.tensor([int(best[:, 0].sum()), int(best.sum()), *aux], dtype=torch.int32)


def sgd_of(model: nn.Module, classes: int, head_lr: float | None = None, **options: Any) -> torch.optim.SGD:
    """SGD over what is not frozen, with a learning rate of its own for the linear layers that end in classes."""
    if head_lr is None:
        return torch.optim.SGD([p for p in model.parameters() if p.requires_grad], **options)
    heads = [m for m in model.modules() if isinstance(m, nn.Linear) and m.out_features == classes]
    head = [p for module in heads for p in module.parameters()]
    of_head = {id(p) for p in head}
    rest = [p for p in model.parameters() if p.requires_grad and id(p) not in of_head]
    return torch.optim.SGD([{"params": rest}, {"params": head, "lr": head_lr}], **options)


def autocast(precision: str) -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")


def train(
    seed: int,
    options: dict[str, Any],
    optimizer: dict[str, Any],
    schedule: dict[str, Any],
    steps: int,
    steps_per_epoch: int,
    batch: int,
    train_seed: int,
    input_seed: int,
    aux_weight: float = 0.3,
    label_smoothing: float = 0.0,
    class_weights: list[float] | None = None,
    max_grad_norm: float | None = None,
    gradient_accumulation_steps: int = 1,
    ema_decay: float | None = None,
    precision: str = "float32",
    freeze: list[str] | None = None,
) -> Answer:
    """SGD over `steps_per_epoch` batches again and again, StepLR moving on after each epoch."""
    model = build(seed, options).train()
    draws = generator(input_seed)
    images = torch.randn(steps_per_epoch, batch, 3, 224, 224, generator=draws)
    labels = torch.randint(0, options["num_classes"], (steps_per_epoch, batch), generator=draws)
    weight = None if class_weights is None else torch.tensor(class_weights)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(freeze or ())))
    sgd = sgd_of(model, options["num_classes"], **optimizer)
    decay = torch.optim.lr_scheduler.StepLR(sgd, **schedule)
    ema = None if ema_decay is None else AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ema_decay))
    torch.manual_seed(train_seed)
    history, rates, correct, norms = [], [], [], []
    for step in range(steps):
        at = step % steps_per_epoch
        sgd.zero_grad(set_to_none=True)
        in_format = images[at].contiguous(memory_format=memory_format(options))
        summed, correct_in_step = torch.zeros(4), torch.zeros(4, dtype=torch.int32)
        for some_images, some_labels in zip(in_format.chunk(gradient_accumulation_steps), labels[at].chunk(gradient_accumulation_steps)):
            with autocast(precision):
                outputs = model(some_images)
                each = losses(outputs, some_labels, aux_weight, weight=weight, label_smoothing=label_smoothing)
            if weight is None:
                share = len(some_labels) / batch
            else:
                share = weight[some_labels].sum().item() / weight[labels[at]].sum().item()
            (each[0] if gradient_accumulation_steps == 1 else each[0] * share).backward()
            part = torch.stack([loss.detach() for loss in each])
            # One micro-batch is reported as it is; several are summed as doubles, as in the package.
            summed = part if gradient_accumulation_steps == 1 else summed.double() + part.double() * share
            correct_in_step = correct_in_step + correct_counts(outputs, some_labels)
        if max_grad_norm is not None:
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm))
        rates.append(sgd.param_groups[0]["lr"])
        sgd.step()
        if ema is not None:
            ema.update_parameters(model)
        if at == steps_per_epoch - 1:
            decay.step()
        history.append(summed.double())
        correct.append(correct_in_step)
    parameters = dict(model.named_parameters())
    buffers = {name: sgd.state[p].get("momentum_buffer") for name, p in parameters.items()}
    ema_weights = {} if ema is None else named("ema", ema.module.state_dict())
    evaluated = {} if ema is None else evaluate(ema.module, images[0], labels[0], precision)
    return {
        "images": images,
        "labels": labels.to(torch.int32),
        "losses": torch.stack(history),
        "lr": torch.tensor(rates, dtype=torch.float64),
        "correct": torch.stack(correct),
        "norms": torch.stack(norms) if norms else torch.empty(0),
        **named("gradient", {name: p.grad for name, p in parameters.items() if p.grad is not None}),
        **named("momentum", {name: buffer for name, buffer in buffers.items() if buffer is not None}),
        **ema_weights,
        **evaluated,
        **state_of(model),
    }, {}


def evaluate(model: nn.Module, images: Tensor, labels: Tensor, precision: str) -> Tensors:
    """The main head's most likely classes, their probabilities and those of the labels."""
    with torch.no_grad(), autocast(precision):
        outputs = model.eval()(images)
    best, classes = outputs[0].float().softmax(1).max(1)
    of_labels = outputs[0].float().softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1)
    return {"evaluated.classes": classes.to(torch.int32), "evaluated.best": best, "evaluated.labels": of_labels}


def look_inside(seed: int, options: dict[str, Any], names: list[str], layer: str, classes: list[int]) -> Answer:
    """Outputs of modules, before what works on them in place, and Grad-CAM of one of them, in evaluation mode."""
    model = build(seed, options).eval()
    images = torch.randn(len(classes), 3, 224, 224, generator=generator(seed))
    seen: Tensors = {}
    for name in names:
        keep = lambda _module, _inputs, output, name=name: seen.__setitem__(f"feature.{name}", output.clone())
        model.get_submodule(name).register_forward_hook(keep)
    with torch.no_grad():
        model(images)
    maps: list[Tensor] = []
    model.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: maps.append(output))
    score = model(images)[0].gather(1, torch.tensor(classes).unsqueeze(1)).sum()
    gradient = torch.autograd.grad(score, maps[0])[0]
    heat = (gradient.mean((2, 3), keepdim=True) * maps[0]).sum(1).relu()
    return {"images": images, "heat": heat.detach(), **{name: tensor.detach() for name, tensor in seen.items()}}, {}


def ten_crops(image: list[Any], resize: int, crop: int, input_seed: int) -> Answer:
    """torchvision's TenCrop of a resized image, as bytes [10, crop, crop, 3]."""
    vision = import_torchvision().transforms.functional
    source = random_image(*image, generator(input_seed))
    crops = vision.ten_crop(resize_short_edge(source, resize), [crop, crop])
    return {"image": source.permute(1, 2, 0), "crops": torch.stack([one.permute(1, 2, 0) for one in crops])}, {}


def preprocess(images: list[list[Any]], resize: int, crop: int, input_seed: int) -> Answer:
    """Each image is [kind, height, width]. Returns it and the cropped bytes, both [h, w, 3]."""
    draws = generator(input_seed)
    sources = [random_image(kind, height, width, draws) for kind, height, width in images]
    tensors: Tensors = {}
    for index, source in enumerate(sources):
        cropped = center_crop(resize_short_edge(source, resize), crop)
        tensors[f"image.{index}"] = source.permute(1, 2, 0).contiguous()
        tensors[f"cropped.{index}"] = cropped.permute(1, 2, 0).contiguous()
    return tensors, {"torchvision": compare(sources, resize, crop)}


def accepts(options: dict[str, Any], sizes: list[list[int]]) -> Answer:
    """Which [height, width] the model really takes, found by trying."""
    model = build(0, options).eval()
    accepted = []
    for height, width in sizes:
        try:
            logits(model, torch.zeros(1, 3, height, width))
            accepted.append([height, width])
        except RuntimeError:
            continue
    return {}, {"accepted": accepted}


def published() -> Answer:
    """What torchvision says of its weights."""
    weights = import_torchvision().models.GoogLeNet_Weights.IMAGENET1K_V1
    transforms = weights.transforms()
    return {}, {
        "url": weights.url,
        "classes": weights.meta["categories"],
        "parameters": weights.meta["num_params"],
        "accuracy": list(weights.meta["_metrics"]["ImageNet-1K"].values()),
        "preprocessing": [*transforms.resize_size, *transforms.crop_size, *transforms.mean, *transforms.std],
    }


def other_contents() -> dict[str, Any]:
    """What training programs keep besides weights and `torch.load` reads with weights_only=True."""
    return {
        "lr_schedulers": [{"milestones": Counter([30, 60]), "last_epoch": 3}],
        "others": [torch.device("cpu"), torch.float32, {1, 2}, b"bytes", 1j, 2**200, torch.Size([2, 3])],
        "expanded": torch.ones(1).expand(3),
        "complex": torch.ones(2, dtype=torch.complex64),
        "float8": torch.ones(2).to(torch.float8_e5m2),
        "meta": torch.empty(2, device="meta"),
        "sparse": torch.eye(2).to_sparse(),
        "parameter": with_attribute(nn.Parameter(torch.ones(2))),
    }


def with_attribute(parameter: nn.Parameter) -> nn.Parameter:
    parameter.decays = False
    return parameter


def scattered(tensor: Tensor) -> Tensor:
    """The same numbers with others between them, the last dimension first in memory."""
    if tensor.dim() == 0:
        return tensor
    room = torch.zeros(*reversed(tensor.shape), 2, dtype=tensor.dtype)
    room[..., 1] = tensor.permute(*reversed(range(tensor.dim())))
    return room[..., 1].permute(*reversed(range(tensor.dim())))


def in_one_buffer(state: Tensors) -> Tensors:
    """The floats as views of one storage."""
    floats = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
    parts = torch.cat([tensor.flatten() for tensor in floats.values()]).split([t.numel() for t in floats.values()])
    views = {name: part.view(floats[name].shape) for name, part in zip(floats, parts)}
    return {name: views.get(name, tensor) for name, tensor in state.items()}


def write(state: Tensors, path: str, how: str) -> None:
    """`how`: safetensors, zip or legacy (both by torch.save), checkpoint (among other things, of a parallel model), …"""
    if how == "safetensors":
        save_file(state, path)
    elif how == "lightning":
        torch.save({**other_contents(), "state_dict": {f"net.{name}": tensor for name, tensor in state.items()}}, path)
    elif how == "views":
        torch.save({name: scattered(tensor) for name, tensor in state.items()}, path)
    elif how == "one buffer":
        torch.save(in_one_buffer(state), path)
    elif how == "legacy, protocol 4":
        torch.save(state, path, _use_new_zipfile_serialization=False, pickle_protocol=4)
    elif how == "without counters":
        counters = {name: tensor for name, tensor in state.items() if name.endswith("num_batches_tracked")}
        torch.save({name: tensor for name, tensor in state.items() if name not in counters}, path)
        # What a new model has, and keeps.
        for counter in counters.values():
            counter.zero_()
    elif how == "checkpoint":
        parallel = {f"module.{name}": tensor for name, tensor in state.items()}
        torch.save({"epoch": 3, "model": parallel, "args": {"lr": 0.1, "steps": [8, 16]}}, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=how == "zip")


def save_weights(
    path: str, seed: int, options: dict[str, Any], batch: int, input_seed: int, how: str = "safetensors"
) -> Answer:
    """Writes a state_dict with used BatchNorm buffers, as a Python program would, and the logits it gives."""
    model = build(seed, options).train()
    images = torch.randn(batch, 3, 224, 224, generator=generator(input_seed))
    logits(model, images)
    if how in ("float16", "bfloat16", "float64"):
        state = {name: t.to(getattr(torch, how)) if t.is_floating_point() else t for name, t in model.state_dict().items()}
        model.load_state_dict(state)
        write(state, path, "zip")
    else:
        write(model.state_dict(), path, how)
    return {"images": images, **named("logits", logits(model.eval(), images)), **state_of(model)}, {}


def load_weights(path: str, options: dict[str, Any], batch: int, input_seed: int) -> Answer:
    """Loads a file strictly, as a Python program would, and the logits it gives."""
    model = build(0, options).eval()
    state = torch.load(path) if path.endswith(".pth") else load_file(path)
    model.load_state_dict(state, strict=True)
    images = torch.randn(batch, 3, 224, 224, generator=generator(input_seed))
    return {"images": images, **named("logits", logits(model, images)), **state_of(model)}, {}


ALL = (
    info,
    init,
    forward,
    forward_bytes,
    inception,
    naive_inception,
    train,
    look_inside,
    preprocess,
    ten_crops,
    accepts,
    published,
    save_weights,
    load_weights,
    image_files,
)
CASES = {case.__name__: case for case in ALL}
