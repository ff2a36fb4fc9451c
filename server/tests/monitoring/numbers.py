"""What `/metrics` shows, read by Prometheus' own parser."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from server.tests.inference.gateway import Gateway

Series = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and labels."""


async def text(gateway: Gateway, **headers: str) -> tuple[int, str]:
    """Status and body, asked from this machine."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.get(f"{gateway.url}/metrics", headers=named) as answer:
        return answer.status, await answer.text()


async def families(gateway: Gateway) -> list[Metric]:
    """What is exposed, parsed."""
    status, shown = await text(gateway)
    assert status == 200
    return list(text_string_to_metric_families(shown))


async def numbers(gateway: Gateway) -> dict[Series, float]:
    """Each sample's value; without the moments at which series were made."""
    return {series: value for family in await families(gateway) for series, value in samples(family)}


def samples(family: Metric) -> Iterator[tuple[Series, float]]:
    for sample in family.samples:
        if not sample.name.endswith("_created"):
            yield (sample.name, tuple(sorted(sample.labels.items()))), sample.value


def by(found: dict[Series, float], name: str, *labels: str) -> dict[tuple[str, ...], int]:
    """The samples of that name by the values of these labels, the zeros left out."""
    listed = [(dict(given), value) for (each, given), value in found.items() if each == name and value]
    return {tuple(given[label] for label in labels): round(value) for given, value in listed}
