"""The glue between the component's exports and a policy. Imported only inside a component, and while one is built."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import NoReturn, TypeVar

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import host, types

from conjoin_guest import log
from conjoin_guest.account import Account, Candidate, Identity, Side, Suggestion
from conjoin_guest.event import MergeEvent, SelectCandidatesEvent
from conjoin_guest.plan import Plan
from conjoin_guest.policy import Broken, Policy
from conjoin_guest.refusal import Refused
from conjoin_guest.runtime import awaiting, chance, clock, forbidden, output
from conjoin_guest.told import told

T = TypeVar("T")

_LEVELS = {
    "debug": host.Level.DEBUG,
    "info": host.Level.INFO,
    "warn": host.Level.WARN,
    "error": host.Level.ERROR,
}
# Imported by CPython when they are first needed, which a component cannot.
_ON_DEMAND = ("_strptime", "encodings.ascii", "encodings.latin_1", "encodings.utf_8_sig")
_SIDES = {Side.CURRENT: types.Side.CURRENT, Side.FOUND: types.Side.FOUND}


def export(module: str) -> type[exports.Hooks]:
    """What a component of the policy in `module` exports. Raises what the module raises, and `NotAPolicy`."""
    clock.install()
    chance.install()
    for name in _ON_DEMAND:
        importlib.import_module(name)
    policy = Policy(importlib.import_module(module))
    awaiting.prepare()

    class Hooks(exports.Hooks):
        def describe(self) -> types.Description:
            return _description(policy)

        def select_candidates(
            self, event: types.Event, current: types.Account, found: list[types.Candidate]
        ) -> list[types.Suggestion]:
            def decide() -> list[types.Suggestion]:
                context = SelectCandidatesEvent(*_context(event), _account(current), tuple(map(_candidate, found)))
                answer = policy.select_candidates(context)
                return _failed(answer) if isinstance(answer, (Refused, Broken)) else list(map(_suggestion, answer))

            return _answer(event, decide)

        def merge(self, event: types.Event, primary: types.Account, secondary: types.Account) -> types.Plan:
            def decide() -> types.Plan:
                context = MergeEvent(*_context(event), _account(primary), _account(secondary))
                answer = policy.merge(context)
                return _failed(answer) if isinstance(answer, (Refused, Broken)) else _plan(answer)

            return _answer(event, decide)

    return Hooks


def _answer(event: types.Event, decide: Callable[[], T]) -> T:
    """One call. Whatever leaves it but `Err` would be a trap without a text."""
    try:
        _begin(event)
        return decide()
    except Err:
        raise
    except BaseException as error:
        raise Err(types.Failure_Broken(told(error))) from None
    finally:
        output.end()


def _begin(event: types.Event) -> None:
    """Every call runs in a fresh instance, so this is once for each."""
    log.use(_log)
    output.install()
    forbidden.install()
    awaiting.install()
    clock.set_now(event.now)
    chance.set_seed(event.seed)


def _log(level: log.Level, message: str) -> None:
    # A lone surrogate cannot leave the component.
    host.log(_LEVELS[level], message.encode(errors="replace").decode())


def _failed(answer: Refused | Broken) -> NoReturn:
    if isinstance(answer, Broken):
        raise Err(types.Failure_Broken(answer.text))
    message = answer.message.encode(errors="replace").decode()
    raise Err(types.Failure_Refused(types.Refusal(answer.code, message)))


def _context(event: types.Event) -> tuple[str, str, str, str | None, str, str, str, str]:
    return (
        event.transaction_id,
        event.tenant,
        event.client_id,
        event.organization,
        event.now,
        event.seed,
        event.settings,
        event.context,
    )


def _account(account: types.Account) -> Account:
    return Account(
        user_id=account.user_id,
        email=account.email,
        email_verified=account.email_verified,
        created_at=account.created_at,
        last_login=account.last_login,
        logins_count=account.logins_count,
        identities=tuple(
            Identity(one.connection, one.provider, one.user_id, one.is_social, one.profile)
            for one in account.identities
        ),
        profile_json=account.profile,
        user_metadata_json=account.user_metadata,
        app_metadata_json=account.app_metadata,
    )


def _candidate(candidate: types.Candidate) -> Candidate:
    return Candidate(
        candidate.user_id,
        candidate.connection,
        candidate.provider,
        candidate.is_social,
        candidate.created_at,
        candidate.last_login,
        candidate.logins_count,
    )


def _suggestion(suggestion: Suggestion) -> types.Suggestion:
    return types.Suggestion(suggestion.user_id, _SIDES[suggestion.primary], suggestion.reason)


def _plan(plan: Plan) -> types.Plan:
    return types.Plan(
        plan.user_metadata.patch,
        plan.app_metadata.patch,
        list(plan.user_metadata.discard),
        list(plan.app_metadata.discard),
    )


def _description(policy: Policy) -> types.Description:
    description = policy.description
    return types.Description(
        description.name,
        description.version,
        description.summary,
        description.settings_schema_json,
        [
            types.Reason(code, locale, text)
            for code, texts in description.reasons.items()
            for locale, text in texts.items()
        ],
    )
