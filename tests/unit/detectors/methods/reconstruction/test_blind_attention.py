import torch

from detectors.methods.reconstruction.blind_attention import BlindTransformer, visible_places


def test_hides_a_place_and_its_neighbours_only() -> None:
    visible = visible_places(5, 1)

    assert visible[12].reshape(5, 5).int().tolist() == [
        [1, 1, 1, 1, 1],
        [1, 0, 0, 0, 1],
        [1, 0, 0, 0, 1],
        [1, 0, 0, 0, 1],
        [1, 1, 1, 1, 1],
    ]


def test_never_tells_a_place_about_itself_or_its_neighbours_however_deep() -> None:
    torch.manual_seed(0)
    network = BlindTransformer(dimensions=3, side=5, width=16, depth=3, blind=1).eval()
    tokens = torch.randn(1, 25, 3, requires_grad=True)

    (gradient,) = torch.autograd.grad(network(tokens)[0, 12].sum(), tokens)

    told = (gradient[0].abs().sum(dim=1) > 0).reshape(5, 5)
    assert torch.equal(told, visible_places(5, 1)[12].reshape(5, 5))
