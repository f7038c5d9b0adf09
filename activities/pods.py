"""Capital divided between pods."""

from fractions import Fraction

from activities.context import Context
from activities.goals import goals_from, horizons_from
from activities.registry import implements
from activities.risk import categories_from
from engines import pod_allocation as engine
from engines.questionnaire import category_of
from payloads.files.pod_allocation import PodAllocationFile
from payloads.files.questionnaire import QuestionnaireFile
from payloads.pods import AllocatePods, PodAllocation, PodAllocations, PodShare, PodShares, SplitCapital


@implements("pods.allocate")
def allocate(ask: AllocatePods, context: Context) -> PodAllocations:
    """Weigh the pods and divide the capital."""
    questionnaire = context.catalogue.read("questionnaire", QuestionnaireFile)
    shares = engine.allocate(
        rules_from(context.catalogue.read("pod_allocation", PodAllocationFile)),
        category=category_of(ask.risk_score, categories_from(questionnaire)).name,
        age=ask.age,
        goals=goals_from(ask.goals),
        total_capital=ask.total_capital,
        as_of=ask.as_of,
    )
    return PodAllocations(
        pods={
            share.pod: PodAllocation(
                weight=float(share.weight), capital=share.capital, name=share.name, goals=list(share.goals)
            )
            for share in shares
        },
        total_capital=ask.total_capital,
    )


@implements("pods.split")
def split(ask: SplitCapital, context: Context) -> PodShares:
    """Divide capital by weights that are already known."""
    file = context.catalogue.read("pod_allocation", PodAllocationFile)
    weights = {pod: Fraction(weight) for pod, weight in ask.weights.items()}
    shares = engine.split(names_from(file), weights, ask.total_capital)
    return PodShares(
        pods={
            share.pod: PodShare(weight=float(share.weight), capital=share.capital, name=share.name)
            for share in shares
        }
    )


def names_from(file: PodAllocationFile) -> dict[str, str]:
    """Pods and what they are called, in order."""
    return {pod: row.name for pod, row in file.pods.items()}


def rules_from(file: PodAllocationFile) -> engine.AllocationRules:
    """The rules of a catalogue file, as the engine takes them."""
    return engine.AllocationRules(
        names=names_from(file),
        base={
            category: {pod: Fraction(weight) for pod, weight in weights.items()}
            for category, weights in file.base_weights.items()
        },
        glides=tuple(
            engine.Glide(row.under_age, row.over_age, row.take_from, row.give_to, Fraction(row.weight))
            for row in file.glide_path
        ),
        goal_influence=Fraction(file.goal_influence),
        horizons=horizons_from(file),
    )
