"""GoogLeNet in plain PyTorch: the reference that the Node package is compared with, bit for bit.

The order of construction fixes the random draws and the order of the state_dict, so it is part of the definition.
Shapes in comments are channels × height × width for a 224×224 image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# name: in, 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection
INCEPTION_TABLE: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


def conv_relu(in_channels: int, out_channels: int, kernel_size: int) -> list[nn.Module]:
    """A convolution with bias that keeps height and width, then ReLU."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2),
        nn.ReLU(inplace=True),
    ]


class InceptionModule(nn.Module):
    """Four parallel branches whose outputs are concatenated along the channels."""

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3_reduce: int,
        ch3x3: int,
        ch5x5_reduce: int,
        ch5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        self.branch1 = nn.Sequential(*conv_relu(in_channels, ch1x1, 1))
        self.branch2 = nn.Sequential(*conv_relu(in_channels, ch3x3_reduce, 1), *conv_relu(ch3x3_reduce, ch3x3, 3))
        self.branch3 = nn.Sequential(*conv_relu(in_channels, ch5x5_reduce, 1), *conv_relu(ch5x5_reduce, ch5x5, 5))
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True),
            *conv_relu(in_channels, pool_proj, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


def stem() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, stride=2, padding=3),  # 64×112×112
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),  # 64×56×56
        *conv_relu(64, 64, 1),
        nn.Conv2d(64, 192, 3, padding=1),  # 192×56×56
        nn.BatchNorm2d(192),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),  # 192×28×28
    )


def auxiliary_head(in_channels: int, num_classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool2d(5, stride=3),  # in_channels×4×4
        *conv_relu(in_channels, 128, 1),
        nn.Flatten(),
        nn.Linear(2048, 1024),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(1024, num_classes),
    )


class GoogLeNet(nn.Module):
    """Returns the logits of (main, first auxiliary, second auxiliary) head; the latter two are None without `aux_logits`.

    The auxiliary heads run whenever they exist, in training and in evaluation. `auxilliary` is spelt as in the
    state_dicts of the published reference.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = False,
        init_weights: bool = False,
        dropout: float = 0.4,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        self.aux_logits = aux_logits
        self.partA = stem()
        self.inception_3a = InceptionModule(*INCEPTION_TABLE["3a"])
        self.inception_3b = InceptionModule(*INCEPTION_TABLE["3b"])  # 480×28×28
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # 480×14×14
        self.inception_4a = InceptionModule(*INCEPTION_TABLE["4a"])
        self.inception_4b = InceptionModule(*INCEPTION_TABLE["4b"])
        self.inception_4c = InceptionModule(*INCEPTION_TABLE["4c"])
        self.inception_4d = InceptionModule(*INCEPTION_TABLE["4d"])
        self.inception_4e = InceptionModule(*INCEPTION_TABLE["4e"])
        self.maxpool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # 832×7×7
        if aux_logits:
            self.auxilliary_output_1 = auxiliary_head(512, num_classes, dropout_aux)
            self.auxilliary_output_2 = auxiliary_head(528, num_classes, dropout_aux)
        self.inception_5a = InceptionModule(*INCEPTION_TABLE["5a"])
        self.inception_5b = InceptionModule(*INCEPTION_TABLE["5b"])  # 1024×7×7
        self.avgpool = nn.AvgPool2d(7, stride=1)  # 1024×1×1
        self.dropout = nn.Dropout(dropout)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(1024, num_classes)
        if init_weights:
            self.apply_xavier()

    def apply_xavier(self) -> None:
        """Xavier-uniform weights and zero biases for convolutions and linear layers, in order of construction."""
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None]:
        x = self.partA(x)
        x = self.maxpool3(self.inception_3b(self.inception_3a(x)))
        x = self.inception_4a(x)
        aux1 = self.auxilliary_output_1(x) if self.aux_logits else None
        x = self.inception_4d(self.inception_4c(self.inception_4b(x)))
        aux2 = self.auxilliary_output_2(x) if self.aux_logits else None
        x = self.maxpool4(self.inception_4e(x))
        x = self.inception_5b(self.inception_5a(x))
        main = self.fc(self.flatten(self.dropout(self.avgpool(x))))
        return main, aux1, aux2


def parameter_count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
