"""Networks as graphs of layers, from the linear classifier to GoogLeNet."""

from convproof.networks.build import network as network
from convproof.networks.graph import Network as Network
from convproof.networks.graph import Node as Node
