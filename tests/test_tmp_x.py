import torch
from convproof.testing import check_conv
def test_a(): check_conv(torch.nn.Conv2d, arrays="torch", only=["conv2d"])
def test_b():
    from tests.verify.targets.test_autograd import inquiry, Asked
    with inquiry("here", Asked(profile="quick", seed=0, arrays="torch", examples=4, only=("conv2d",)), live=torch.nn.Conv2d) as q:
        for f,d in q.questions():
            assert q.refutation(q.answers(f,d))==""
