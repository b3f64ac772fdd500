"""The other architectures in plain PyTorch, as short as they can be, and torchvision's own GoogLeNet with its outputs in our order.

All return the logits of (main, first auxiliary, second auxiliary) head, None where there is none. Names and the order of
construction are part of the definition, as in googlenet.py.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from googlenet import INCEPTION_TABLE, GoogLeNet, InceptionModule, auxiliary_head, conv_relu
from torch import Tensor, nn
from torchvision_package import import_torchvision

Outputs = tuple[Tensor, Tensor | None, Tensor | None]


def halve() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def apply_xavier(model: nn.Module) -> None:
    """Xavier-uniform weights and zero biases for convolutions and linear layers, in order of construction."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def paper_stem() -> nn.Sequential:
    """Local response normalization where the authors' Caffe model has it."""
    layers = {
        "conv1": nn.Conv2d(3, 64, 7, stride=2, padding=3),
        "relu1": nn.ReLU(inplace=True),
        "pool1": halve(),
        "norm1": nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1),
        "conv2_reduce": nn.Conv2d(64, 64, 1),
        "relu2_reduce": nn.ReLU(inplace=True),
        "conv2": nn.Conv2d(64, 192, 3, padding=1),
        "relu2": nn.ReLU(inplace=True),
        "norm2": nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1),
        "pool2": halve(),
    }
    return nn.Sequential(OrderedDict(layers))


def plain_stem() -> nn.Sequential:
    layers = {
        "conv1": nn.Conv2d(3, 64, 7, stride=2, padding=3),
        "relu1": nn.ReLU(inplace=True),
        "pool1": halve(),
        "conv2_reduce": nn.Conv2d(64, 64, 1),
        "relu2_reduce": nn.ReLU(inplace=True),
        "conv2": nn.Conv2d(64, 192, 3, padding=1),
        "relu2": nn.ReLU(inplace=True),
        "pool2": halve(),
    }
    return nn.Sequential(OrderedDict(layers))


class TrainingHead(nn.Module):
    """An auxiliary head that has logits in training mode only."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, x: Tensor) -> Tensor | None:
        return self.head(x) if self.training else None


class BiasedGoogLeNet(nn.Module):
    """The network of the paper's table 1 behind a given stem."""

    stem_name: str

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = False,
        init_weights: bool = False,
        dropout: float = 0.4,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        self.add_module(self.stem_name, self.build_stem())
        for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e"):
            self.add_module(f"inception_{name}", InceptionModule(*INCEPTION_TABLE[name]))
        self.aux1 = self.aux2 = None
        if aux_logits:
            self.aux1 = self.aux_head(512, num_classes, dropout_aux)
            self.aux2 = self.aux_head(528, num_classes, dropout_aux)
        for name in ("5a", "5b"):
            self.add_module(f"inception_{name}", InceptionModule(*INCEPTION_TABLE[name]))
        self.maxpool3, self.maxpool4 = halve(), halve()
        self.avgpool = nn.AvgPool2d(7, stride=1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(1024, num_classes)
        if init_weights:
            apply_xavier(self)

    def build_stem(self) -> nn.Module:
        raise NotImplementedError

    def aux_head(self, in_channels: int, num_classes: int, dropout: float) -> nn.Module:
        return auxiliary_head(in_channels, num_classes, dropout)

    def forward(self, x: Tensor) -> Outputs:
        x = self.get_submodule(self.stem_name)(x)
        x = self.inception_4a(self.maxpool3(self.inception_3b(self.inception_3a(x))))
        aux1 = None if self.aux1 is None else self.aux1(x)
        x = self.inception_4d(self.inception_4c(self.inception_4b(x)))
        aux2 = None if self.aux2 is None else self.aux2(x)
        x = self.inception_5b(self.inception_5a(self.maxpool4(self.inception_4e(x))))
        return self.fc(self.dropout(self.avgpool(x).flatten(1))), aux1, aux2


class PaperGoogLeNet(BiasedGoogLeNet):
    stem_name = "stem"

    def build_stem(self) -> nn.Module:
        return paper_stem()


class PlainGoogLeNet(BiasedGoogLeNet):
    stem_name = "trunk"

    def build_stem(self) -> nn.Module:
        return plain_stem()

    def aux_head(self, in_channels: int, num_classes: int, dropout: float) -> nn.Module:
        return TrainingHead(super().aux_head(in_channels, num_classes, dropout))


class NaiveInceptionModule(nn.Module):
    """No reductions; the pool is not projected."""

    def __init__(self, in_channels: int, ch1x1: int, ch3x3: int, ch5x5: int) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(*conv_relu(in_channels, ch1x1, 1))
        self.branch2 = nn.Sequential(*conv_relu(in_channels, ch3x3, 3))
        self.branch3 = nn.Sequential(*conv_relu(in_channels, ch5x5, 5))
        self.branch4 = nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


def separable(in_channels: int, out_channels: int, pointwise_first: bool, relu_between: bool) -> nn.Sequential:
    channels = out_channels if pointwise_first else in_channels
    make = {
        "pointwise": lambda: nn.Conv2d(in_channels, out_channels, 1, bias=False),
        "relu": lambda: nn.ReLU(inplace=True),
        "depthwise": lambda: nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        "bn": lambda: nn.BatchNorm2d(out_channels),
    }
    order = ["pointwise", "relu", "depthwise"] if pointwise_first else ["depthwise", "relu", "pointwise"]
    names = [name for name in [*order, "bn"] if name != "relu" or relu_between]
    return nn.Sequential(OrderedDict((name, make[name]()) for name in names))


class XceptionBlock(nn.Module):
    """Separable convolutions between these channels; with `halves` a pool behind them and a strided 1×1 shortcut."""

    def __init__(self, channels: list[int], halves: bool, relu_first: bool, **how: bool) -> None:
        super().__init__()
        layers: dict[str, nn.Module] = {}
        for i, (before, after) in enumerate(zip(channels, channels[1:])):
            if i > 0 or relu_first:
                layers[f"relu{i + 1}"] = nn.ReLU(inplace=i > 0)
            layers[f"conv{i + 1}"] = separable(before, after, **how)
        if halves:
            layers["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
        self.branch = nn.Sequential(OrderedDict(layers))
        if halves:
            conv = nn.Conv2d(channels[0], channels[-1], 1, stride=2, bias=False)
            self.shortcut = nn.Sequential(OrderedDict(conv=conv, bn=nn.BatchNorm2d(channels[-1])))
        else:
            self.shortcut = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.branch(x) + self.shortcut(x)


class Xception(nn.Module):
    """Chollet 2017, figure 5."""

    def __init__(
        self,
        num_classes: int = 1000,
        dropout: float = 0.5,
        order: str = "depthwise-first",
        relu_between: bool = False,
        init_weights: bool = False,
    ) -> None:
        super().__init__()
        how = {"pointwise_first": order == "pointwise-first", "relu_between": relu_between}
        first = {
            "conv1": nn.Conv2d(3, 32, 3, stride=2, bias=False),
            "bn1": nn.BatchNorm2d(32),
            "relu1": nn.ReLU(inplace=True),
            "conv2": nn.Conv2d(32, 64, 3, bias=False),
            "bn2": nn.BatchNorm2d(64),
            "relu2": nn.ReLU(inplace=True),
        }
        self.first = nn.Sequential(OrderedDict(first))
        self.entry1 = XceptionBlock([64, 128, 128], halves=True, relu_first=False, **how)
        self.entry2 = XceptionBlock([128, 256, 256], halves=True, relu_first=True, **how)
        self.entry3 = XceptionBlock([256, 728, 728], halves=True, relu_first=True, **how)
        for i in range(1, 9):
            self.add_module(f"middle{i}", XceptionBlock([728] * 4, halves=False, relu_first=True, **how))
        self.exit = XceptionBlock([728, 728, 1024], halves=True, relu_first=True, **how)
        last = {
            "conv1": separable(1024, 1536, **how),
            "relu1": nn.ReLU(inplace=True),
            "conv2": separable(1536, 2048, **how),
            "relu2": nn.ReLU(inplace=True),
        }
        self.last = nn.Sequential(OrderedDict(last))
        self.average = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(2048, num_classes)
        if init_weights:
            apply_xavier(self)

    def forward(self, x: Tensor) -> Outputs:
        x = self.entry3(self.entry2(self.entry1(self.first(x))))
        for i in range(1, 9):
            x = self.get_submodule(f"middle{i}")(x)
        x = self.average(self.last(self.exit(x)))
        return self.fc(self.dropout(x.flatten(1))), None, None


def torchvision_googlenet(**options: Any) -> nn.Module:
    """torchvision's class itself. Its auxiliary heads run in evaluation mode too, as ours do."""

    class Reordered(import_torchvision().models.GoogLeNet):
        def forward(self, x: Tensor) -> Outputs:
            seen: list[Tensor] = []
            note = lambda _module, _inputs, output: seen.append(output)
            hooks = [module.register_forward_hook(note) for module in (self.inception4a, self.inception4d)]
            outputs = super().forward(x)
            for hook in hooks:
                hook.remove()
            if not self.aux_logits:
                return outputs, None, None
            if self.training:
                return outputs.logits, outputs.aux_logits1, outputs.aux_logits2
            return outputs, self.aux1(seen[0]), self.aux2(seen[1])

    return Reordered(**options)


ARCHITECTURES = {
    "reference": GoogLeNet,
    "paper": PaperGoogLeNet,
    "plain": PlainGoogLeNet,
    "torchvision": torchvision_googlenet,
    "xception": Xception,
}
