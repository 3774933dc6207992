"""What transformers of patches share: which blocks, whole patches, and token maps of one scale."""

from torch import Tensor, nn
from torch.nn import functional

from detectors.backbones.wanted import Wanted

FINE_STRIDE = 8
# Half way up, tokens still tell texture and edges; at three quarters they tell things.
FINE_DEPTH, BROAD_DEPTH = 0.5, 0.75


def choose_blocks(depth: int, wanted: Wanted) -> tuple[int, ...]:
    """Return the blocks (from 0) to take of `depth` in all; raise ValueError where there is no such block."""
    if wanted.layers is None:
        shares = [FINE_DEPTH if stride <= FINE_STRIDE else BROAD_DEPTH for stride in wanted.strides]
        return tuple(sorted({max(0, round(depth * share) - 1) for share in shares}))
    if max(wanted.layers) >= depth or min(wanted.layers) < 0:
        message = f"it has blocks 0 to {depth - 1}, not {' and '.join(map(str, wanted.layers))}"
        raise ValueError(message)
    return wanted.layers


def whole_patches(image_size: int, patch: int) -> int:
    """Return the largest side of whole patches that is no larger; raise ValueError where not one fits."""
    if image_size < patch:
        message = f"its patches of {patch} px are larger than the image of {image_size} px"
        raise ValueError(message)
    return image_size // patch * patch


class TokenMaps(nn.Module):
    """Bring every token of a network's maps (1, C, h, w) to mean 0 and deviation 1 over its channels.

    Tokens grow from block to block, and a few hold huge values; unscaled, those alone would decide every distance.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: Tensor) -> list[Tensor]:
        """Return one map a block."""
        return [_scaled(tokens) for tokens in self.network(batch)]


def _scaled(tokens: Tensor) -> Tensor:
    return functional.layer_norm(tokens.permute(0, 2, 3, 1), (tokens.shape[1],)).permute(0, 3, 1, 2)
