"""The projects: who made them, who works in them, who may reach them, and what lies in them on the first day."""

from __future__ import annotations

import random

from fanlight.model import Micros
from fanlight.model.times import DAY, HOUR, MINUTE, SECOND
from fanlight.simulator.company import Company, ids_of
from fanlight.simulator.names import CLEAN_THEMES, HIGH_THEMES, MODERATE_THEMES
from fanlight.simulator.records import CodeArtifact, Collaborator, Document, FileRecord, Person, Project, Tier
from fanlight.simulator.sensitive import HIGH_RECIPES, LOW_RECIPES, MODERATE_RECIPES

__all__ = ["BULK_CLEAN", "HIGH_ROLE", "SUFFIXES", "draw_recipes", "found_projects", "new_file"]

_COUNTS = {"S": (80, 8, 4), "M": (600, 27, 14), "L": (4_000, 160, 90)}
SUFFIXES = ("txt", "csv", "md", "pdf", "docx", "xlsx", "py", "json", "png", "bin")
_SUFFIX_WEIGHTS = (18, 16, 8, 18, 16, 12, 5, 3, 3, 1)

#: Which of the first high projects plays which part.
HIGH_ROLE = {
    "off_hours": 0,
    "privacy": 1,
    "escalation": 2,
    "bulk": 3,
    "new_place": 4,
    "moved": 5,
    "broad": 6,
    "orphan": 7,
}
#: Position (from the end) of the clean project that has as many files as the sensitive one of the bulk story.
BULK_CLEAN = -1


def draw_recipes(rng: random.Random, tier: Tier, high: tuple[str, ...] = HIGH_RECIPES) -> tuple[str, ...]:
    """What to plant in a thing of that tier."""
    if tier == "high":
        return tuple(rng.sample(high, 2)) if len(high) > 1 else high
    if tier == "moderate":
        return (rng.choice(MODERATE_RECIPES),)
    if tier == "low":
        return (rng.choice(LOW_RECIPES),)
    return ()


def new_file(
    company: Company,
    rng: random.Random,
    number: int,
    at: Micros,
    tier: Tier,
    *,
    suffix: str | None = None,
    prefix: str = "claude_file",
) -> FileRecord:
    """A file with the `number`th id of its kind."""
    if suffix is None:
        suffix = rng.choices(SUFFIXES, _SUFFIX_WEIGHTS)[0]
    if suffix in {"png", "bin"}:
        tier = "none"
    return FileRecord(number, ids_of(company.seed, prefix, number), at, suffix, tier, draw_recipes(rng, tier))


def found_projects(company: Company) -> None:
    """Make every project of the company's history, with members, grants, files and documents."""
    rng = random.Random(f"projects/{company.seed}/{company.size}")
    total, high, moderate = _COUNTS[company.size]
    for number in range(total):
        if number < high:
            tier: Tier = "high"
            department, theme = HIGH_THEMES[number % len(HIGH_THEMES)]
            name = theme if number < len(HIGH_THEMES) else f"{theme} {number // len(HIGH_THEMES) + 1}"
        elif number < high + moderate:
            tier, i = "moderate", number - high
            department, theme = MODERATE_THEMES[i % len(MODERATE_THEMES)]
            name = theme if i < len(MODERATE_THEMES) else f"{theme} {i // len(MODERATE_THEMES) + 1}"
        else:
            tier, i = "none", number - high - moderate
            department, theme = CLEAN_THEMES[i * 7 % len(CLEAN_THEMES)]
            name = theme if i < len(CLEAN_THEMES) else f"{theme} {i // len(CLEAN_THEMES) + 1}"
        company.projects.append(_found(company, rng, number, tier, department, name, theme))
    _staff(company, rng)
    _stock(company, rng)
    _publish_code(company, rng)


def _found(
    company: Company, rng: random.Random, number: int, tier: Tier, department: str, name: str, theme: str
) -> Project:
    organization = company.lab if department == "Research" else company.main
    old = tier == "high" or rng.random() < 0.7
    age = rng.randint(10, 200) * DAY
    created = company.start - age if old else company.start + rng.randint(2, 105) * DAY
    created += rng.randint(8, 16) * HOUR + rng.randint(0, 3_599) * SECOND
    private = True if tier == "high" else rng.random() < 0.6
    if number == HIGH_ROLE["broad"] or (tier == "high" and number > 8 and number % 7 == 0):
        private = False
    return Project(
        number=number,
        id=ids_of(company.seed, "claude_proj", number),
        organization=organization.uuid,
        name=name,
        department=department,
        creator=None,
        creator_left=False,
        created_at=created,
        private=[(created, private)],
        tier=tier,
        theme=theme,
        reserved=tier == "high",
    )


def _staff(company: Company, rng: random.Random) -> None:
    """Choose who works where. Sensitive projects have few, settled members."""
    by_home: dict[tuple[str, str], list[Person]] = {}
    by_organization: dict[str, list[Person]] = {}
    for person in company.people:
        for organization in person.organizations:
            by_home.setdefault((organization, person.department), []).append(person)
            by_organization.setdefault(organization, []).append(person)
    settled_ids = {p.index for p in company.people if _settled(p, company)}
    for project in company.projects:
        pool = by_home.get((project.organization, project.department), [])
        everybody = by_organization[project.organization]
        if project.tier == "high":
            chosen = _settled_members(company, project, pool, everybody, settled_ids, rng)
        else:
            size = min(len(everybody), max(3, int(rng.lognormvariate(2.0, 0.6))))
            near = rng.sample(pool, min(len(pool), size))
            chosen = near + rng.sample(everybody, min(len(everybody), max(1, size // 4)))
            chosen = [company.people[number] for number in dict.fromkeys(p.index for p in chosen)]
        _grant(company, project, chosen, rng)


def _settled(person: Person, company: Company) -> bool:
    return (
        person.left_at is None
        and person.dormant_since is None
        and person.moved_at is None
        and person.kind == "employee"
        and person.joined_at < company.start
        and person.rate >= 0.6
        and not person.careful
    )


def _settled_members(
    company: Company,
    project: Project,
    pool: list[Person],
    everybody: list[Person],
    settled: set[int],
    rng: random.Random,
) -> list[Person]:
    """Five to eight people who stay: by department first, then anybody of the organization; one night owl at most."""
    near = [p for p in pool if p.index in settled and not p.night_owl and not p.careful]
    far = [p for p in everybody if p.index in settled and not p.night_owl and not p.careful and p not in near]
    rng.shuffle(near)
    rng.shuffle(far)
    chosen = (near + far)[: rng.randint(5, 8)]
    if project.number == HIGH_ROLE["off_hours"]:
        owls = [p for p in everybody if p.index in settled and p.night_owl and not p.careful]
        owl = rng.choice(owls) if owls else far[-1]
        owl.night_owl, owl.rate, owl.part_time = True, 0.9, 0
        chosen.append(owl)
    if project.number == HIGH_ROLE["new_place"]:
        both = [p for p in everybody if company.main.uuid in p.organizations and company.lab.uuid in p.organizations]
        both = [p for p in both if p.index in settled and not p.careful and not p.night_owl and p not in chosen]
        if both:
            chosen.append(rng.choice(both))
    for person in chosen:
        person.careful = True
        person.rate = max(person.rate, 0.75)
    return chosen


def _grant(company: Company, project: Project, chosen: list[Person], rng: random.Random) -> None:
    """Write creator, members and grants of every kind."""
    made = project.created_at
    present = (
        [p for p in chosen if p.works_at(made)] or [p for p in chosen if p.joined_at < company.first_now] or chosen
    )
    creator = present[0]
    departed = project.number == HIGH_ROLE["orphan"] or (project.tier != "high" and rng.random() < 0.03)
    project.creator, project.creator_left = creator.index, departed
    if departed:  # the account is gone: the API names nobody
        project.creator = None
        project.collaborators.append(Collaborator("user", None, "owner", made))
    else:
        project.collaborators.append(Collaborator("user", creator.user_id, "owner", made))
    project.members = [p.index for p in chosen if not (departed and p is creator)] or [chosen[-1].index]
    for person in chosen:
        person.projects.append(project.number)
    group = next((g for g in company.groups if g.name == project.department), None)
    if group and project.tier != "high" and rng.random() < 0.35:
        project.collaborators.append(Collaborator("group", group.id, "editor", made + 5 * MINUTE))
    for position, person in enumerate(chosen[1:]):
        if project.tier == "high" or rng.random() < 0.5:
            early = person.joined_at <= made
            role = (
                "admin"
                if position == 0 and early and rng.random() < 0.5
                else rng.choice(("editor", "editor", "viewer"))
            )
            at = max(made, person.joined_at) + (position + 1) * MINUTE
            project.collaborators.append(Collaborator("user", person.user_id, role, at, person.left_at))  # type: ignore[arg-type]
    if not project.private[0][1]:
        project.collaborators.append(Collaborator("organization", project.organization, "viewer", made + 10 * SECOND))
    if rng.random() < 0.06 and project.tier != "high":
        project.collaborators.append(Collaborator("organization_role", "owner", "viewer", made + 40 * DAY))
    if rng.random() < 0.03 and project.tier != "high":
        project.collaborators.append(Collaborator("user", None, "editor", made + 3 * DAY))
    if project.tier == "high" and project.number == HIGH_ROLE["broad"]:
        project.collaborators.append(Collaborator("group", company.groups[0].id, "viewer", made + 2 * DAY))
    project.collaborators.sort(key=lambda c: c.granted_at)


def _stock(company: Company, rng: random.Random) -> None:
    """Put files and documents into the projects; two get enough for a bulk reading."""
    number = document_number = 0
    last = len(company.projects) - 1
    for project in company.projects:
        big = project.number in {HIGH_ROLE["bulk"], last}
        files = 44 if big else rng.choices((0, 1, 2, 4), (45, 30, 17, 8))[0]
        for i in range(files):
            wait = (i + 1) * 20 * MINUTE + rng.randint(0, 900) * SECOND
            at = project.created_at + (wait // 10 if big else wait)  # a big one is filled in an hour, not in a night
            tier: Tier = _attached_tier(project, rng, first=i == 0)
            suffix = rng.choice(("txt", "csv", "pdf", "docx")) if big else None
            record = new_file(company, rng, number, at, tier, suffix=suffix)
            record.project = project.number
            project.files.append(record)
            number += 1
        for i in range(rng.choices((0, 1, 2, 3), (35, 35, 20, 10))[0] or int(project.tier == "high")):
            at = project.created_at + (i + 2) * HOUR + rng.randint(0, 900) * SECOND
            tier = _attached_tier(project, rng, first=i == 0)
            document = Document(
                document_number, ids_of(company.seed, "claude_proj_doc", document_number), project.number, at,
                project.creator if rng.random() < 0.9 else None, tier, draw_recipes(rng, tier),
            )  # fmt: skip
            project.documents.append(document)
            company.documents.append(document)
            document_number += 1


def _attached_tier(project: Project, rng: random.Random, *, first: bool) -> Tier:
    if project.tier == "high":
        return "high" if first or rng.random() < 0.3 else rng.choice(("none", "low"))
    if project.tier == "moderate":
        return "moderate" if first else rng.choice(("none", "low"))
    return "low" if rng.random() < 0.25 else "none"


def _publish_code(company: Company, rng: random.Random) -> None:
    """A dozen code artifacts at size S, some for everybody, some of people who are gone."""
    coders = [p for p in company.people if p.department in {"Engineering", "Research"} and p.joined_at < company.start]
    for number in range({"S": 12, "M": 60, "L": 300}[company.size]):
        owner = rng.choice(coders)
        home = next(o for o in owner.organizations if o != company.console.uuid)
        at = company.start + rng.randint(3, 112) * DAY + rng.randint(8, 17) * HOUR
        versions = [
            (f"{(at + i * DAY) // SECOND}-{rng.randrange(65_536):04x}", at + i * DAY, f"Dashboard {number}")
            for i in range(rng.randint(1, 3))
        ]
        tier: Tier = "low" if number % 4 == 1 else "none"
        company.code_artifacts.append(
            CodeArtifact(
                number,
                ids_of(company.seed, "cart", number),
                home,
                None if number % 6 == 5 else owner.index,
                rng.choice(("owner", "users", "org", "org", "public")),
                versions if number % 5 else [],
                tier,
                draw_recipes(rng, tier),
                "claude_docs" if number % 5 == 0 else None,
            )
        )
