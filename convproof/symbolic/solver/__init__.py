"""Claims about integers, proved for all of them by machine, or refuted by small ones."""

from convproof.symbolic.solver.claim import Claim as Claim
from convproof.symbolic.solver.decide import Finding as Finding
from convproof.symbolic.solver.decide import Instances as Instances
from convproof.symbolic.solver.decide import Step as Step
from convproof.symbolic.solver.decide import decide as decide
from convproof.symbolic.solver.identity import Identity as Identity
from convproof.symbolic.solver.prove import Verdict as Verdict
from convproof.symbolic.solver.prove import prove as prove
from convproof.symbolic.solver.sums import GuardedSum as GuardedSum
from convproof.symbolic.solver.sums import SameSum as SameSum
