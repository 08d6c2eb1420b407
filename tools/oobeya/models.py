"""What Oobeya answers. Field names are Oobeya's own."""

from typing import Any

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from server.declare import Masked, Noise, VendorModel

Number = int | float
"""A number as it came, since the documents do not say which are whole."""


class OobeyaModel(VendorModel):
    """Base of what Oobeya answers: camelCase on the wire and in results."""

    model_config = ConfigDict(alias_generator=to_camel)


class ListForm(OobeyaModel):
    """A list with pages, around its rows."""

    contents: Any = None
    total_elements: int | None = None
    total_pages: int | None = None
    is_last: bool | None = None

    def goes_on_after(self, page: int) -> bool:
        """Whether there is a page after this one."""
        return page + 1 < (self.total_pages or 0) if self.is_last is None else not self.is_last


class Identified(OobeyaModel):
    """Anything that has an id, and the record that Oobeya keeps of it."""

    id: str | None = None
    created_date: str | None = None
    modify_date: str | None = None
    created_user: Any = Noise
    modify_user: Any = Noise
    version: Any = Noise


class Named(OobeyaModel):
    """A team as people name it."""

    id: str | None = None
    name: str | None = None


class LeadRole(OobeyaModel):
    """A role that leads at a level."""

    key: str | None = None
    label: str | None = None
    order: int | None = None


class OrganizationLevel(Identified):
    """A level of the organization, such as Division."""

    name: str | None = None
    level: int | None = None
    lead_roles: list[LeadRole] | None = None


class Person(Identified):
    """What users (accounts) and members (developers) have in common; `id` is of the one or the other."""

    name: str | None = None
    surname: str | None = None
    full_name: str | None = None
    username: str | None = None
    email: str | None = None
    enabled: bool | None = None
    company_role: str | None = None
    addon_accounts: list[str] | None = None
    teams: list[Named] | None = None
    avatar: Any = Noise
    password: Any = Noise

    @property
    def called(self) -> str:
        """The name by which a person recognises them."""
        full = self.full_name or " ".join(filter(None, [self.name, self.surname]))
        return full or self.username or self.id or "without a name"

    @property
    def team_names(self) -> str:
        """Their teams, in words."""
        return ", ".join(team.name or team.id or "?" for team in self.teams or []) or "no team"


class User(Person):
    """An account; `id` is the account's, `developerId` the member's that it belongs to."""

    developer_id: str | None = None
    developer: bool | None = None
    user_type: str | None = None
    roles: list[str] | None = None
    locked: bool | None = None
    hire_date: str | None = None
    termination_date: str | None = None
    deletable: Any = Noise
    ldap_key: Any = Noise


class Member(Person):
    """A developer, with or without an account."""

    user_name: str | None = None


class OtherTeam(OobeyaModel):
    """A team as another one includes it or stands below it."""

    id: str | None = None
    organization_id: str | None = None
    organization_name: str | None = None
    unit_name: str | None = None
    unit_members: list[str] | None = None
    unit_leads: list[str] | None = None


class Team(OtherTeam):
    """A team; members and leads are member ids."""

    included_teams: list[OtherTeam] | None = None
    upper_level_team: OtherTeam | None = None
    created_date: Any = Noise
    modify_date: Any = Noise
    created_user: Any = Noise
    modify_user: Any = Noise
    version: Any = Noise


class Analysis(Identified):
    """A Git analysis: one branch of one repository."""

    datasource_id: str | None = None
    workspace_path: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    type: str | None = None
    branch: str | None = None
    analysis_type: str | None = None
    release_strategy_type: str | None = None
    exclusion_patterns: list[str] | None = None
    is_include_deployment: bool | None = None
    date_range: str | None = None
    job_name: str | None = None
    fix_pattern: list[str] | None = None
    is_stage_type: bool | None = None


class Deployment(Identified):
    """A deployment record."""

    analysis_id: str | None = None
    name: str | None = None
    title: str | None = None
    deployment_type: str | None = None
    deployed_at: str | None = None
    pipeline_start_at: str | None = None
    author: str | None = None
    last_commit_sha: str | None = None
    clone_url: str | None = None
    target_branch: str | None = None
    analysis_type: str | None = None
    release_strategy_type: str | None = None
    is_stage_type: bool | None = None


class QwiserTeam(OobeyaModel):
    """A team of a Qwiser analysis."""

    team_id: str | None = None
    team_name: str | None = None


class QwiserAnalysis(Identified):
    """A Qwiser (SonarQube) analysis. Its answer is undocumented; these are the fields of its request."""

    datasource_id: str | None = None
    project_key: str | None = None
    branch: str | None = None
    teams: list[QwiserTeam] | None = None


class ApiKey(Identified):
    """An API key without its secret."""

    name: str | None = None
    enabled: bool | None = None
    expire: bool | None = None
    expire_date: str | None = None
    token: Masked | None = None


class NewApiKey(ApiKey):
    """An API key just made: the only answer that shows its token."""

    token: str | None = None
