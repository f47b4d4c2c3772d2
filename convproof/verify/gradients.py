"""The gradients that a run leaves out: a forward is offered, and some of its VJPs are not."""

from collections.abc import Collection

from convproof.functions import FIRST, Function, roles_of
from convproof.implementation import implementation_names
from convproof.verify.session import Asked


def not_offered(offered: Collection[Function], asked: Asked) -> list[Function]:
    """Return the VJPs, among what is asked, of the layers whose forward a target offers.

    Args:
        offered: the functions of the target.
        asked: the request.

    Example:
        >>> run = Asked(profile="quick", seed=0, only=("conv2d",))
        >>> [vjp.name for vjp in not_offered([Function("conv2d"), Function("relu")], run)]
        ['conv2d_input', 'conv2d_weight', 'conv2d_bias']
    """
    return [
        Function(layer, role)
        for layer in dict.fromkeys(function.layer for function in asked.functions)
        if Function(layer) in offered
        for role in roles_of(layer)
        if role in FIRST and Function(layer, role) in set(asked.functions) - set(offered)
    ]


def not_asked(spec: str, offered: Collection[Function], asked: Asked) -> str:
    """Return the sentence that gradients of tensors were not asked, or "" if none were left out.

    Only tensors have an autograd that could answer in place of a VJP that is not offered.

    Args:
        spec: of the target; "" of an object that no other process finds.
        offered: the functions of the target.
        asked: the request.
    """
    left_out = not_offered(offered, asked)
    if asked.arrays != "torch" or not left_out:
        return ""
    told = f"gradients not asked: {', '.join(vjp.name for vjp in left_out)}"
    if spec in implementation_names():
        return told
    return f"{told}; `autograd:{spec or 'module:object'}` asks them through autograd"
