"""Networks trained: data, gradient descent, checkpoints, and what came of it.

>>> from convproof.training import Recipe, datasets, suited, train
>>> parts = datasets.digits(seed=0)
>>> network = suited("linear", parts.train)
>>> trained = train(network, parts.train, Recipe(epochs=3, lr=0.1), seed=0)
>>> trained.score(parts.test).accuracy > 0.85
True
>>> sorted(trained.curve[-1])
['accuracy', 'epoch', 'loss', 'lr']

The examples that networks are judged by are never learned from: choices are made on a part of the
training part (``search``, or ``split`` and ``train(..., validation=part)``).
"""

from convproof.training import datasets as datasets
from convproof.training.augmentation import Augmentation as Augmentation
from convproof.training.data import Dataset as Dataset
from convproof.training.data import Split as Split
from convproof.training.data import split as split
from convproof.training.errors import DataError as DataError
from convproof.training.errors import DivergedError as DivergedError
from convproof.training.errors import TrainingError as TrainingError
from convproof.training.loop import Trained as Trained
from convproof.training.loop import train as train
from convproof.training.networks import suited as suited
from convproof.training.preparation import Preparation as Preparation
from convproof.training.presets import Preset as Preset
from convproof.training.presets import preset as preset
from convproof.training.recipe import Recipe as Recipe
from convproof.training.schedule import Schedule as Schedule
from convproof.training.score import Score as Score
from convproof.training.search import search as search
from convproof.training.sgd import SGD as SGD
from convproof.training.transfer import from_shallower as from_shallower
