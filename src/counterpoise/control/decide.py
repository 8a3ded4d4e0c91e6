"""What follows from a command? A pure function of the state, the command and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from counterpoise.control import (
    acquisitions,
    allotments,
    amendments,
    breaks,
    candidates,
    cash_flows,
    commands,
    corporate,
    entries,
    figures,
    history,
    opening,
    orders,
    rebalances,
    runs,
)
from counterpoise.control.decision import Decision
from counterpoise.control.state import ControlState
from counterpoise.domain.errors import InvalidInput

Decide = Callable[[ControlState, Any, datetime], Decision]

# One row a command; what is not here is refused. A test holds the table against the commands there are.
TABLE: Mapping[type[commands.Command], Decide] = MappingProxyType(
    {
        commands.OpenAccount: opening.open_account,
        commands.SetTargets: opening.set_targets,
        commands.SetLimits: opening.set_limits,
        commands.SetStrategy: opening.set_strategy,
        commands.RecordCashFlow: cash_flows.record_cash_flow,
        commands.SendTransfer: cash_flows.send_transfer,
        commands.ReceiveTransfer: cash_flows.receive_transfer,
        commands.RecordFxRate: cash_flows.record_fx_rate,
        commands.AllotStrategy: allotments.allot_strategy,
        commands.BustFill: amendments.bust_fill,
        commands.CorrectFill: amendments.correct_fill,
        commands.ChooseLots: amendments.choose_lots,
        commands.CheckAcquisitions: acquisitions.check_acquisitions,
        commands.RecordCorporateAction: corporate.record_corporate_action,
        commands.ImportHistory: history.import_history,
        commands.ChangeTradingState: opening.change_trading_state,
        commands.Reconcile: breaks.reconcile,
        commands.SettleBreak: breaks.settle_break,
        commands.ReverseAdjustment: breaks.reverse_adjustment,
        commands.RecordFill: entries.record_fill,
        commands.RecordStatement: entries.record_statement,
        commands.StartDay: figures.start_day,
        commands.AssessMarks: figures.assess_marks,
        commands.Reassess: figures.reassess,
        commands.JudgeCandidates: candidates.judge_candidates,
        commands.DecideCandidates: candidates.decide_candidates,
        commands.Rebalance: rebalances.rebalance,
        commands.ProposePlan: rebalances.propose_plan,
        commands.AdvanceRun: runs.advance_run,
        commands.BookFills: orders.book_fills,
        commands.RecordOutcome: orders.record_outcome,
        commands.RecordLookUp: orders.record_look_up,
        commands.RecordOrderUpdate: orders.record_order_update,
        commands.RequestCancel: orders.request_cancel,
    }
)


def decide(state: ControlState, command: commands.Command, now: datetime) -> Decision:
    """The facts, effects and answer of `command`; `state` is only read.

    Raises:
        CounterpoiseError: the command is refused; nothing follows from it.
    """
    rule = TABLE.get(type(command))
    if rule is None:
        raise InvalidInput("command", type(command).__name__, "a command that this version knows")
    if not state.sequence and not isinstance(command, commands.OpenAccount):
        raise InvalidInput("account", state.account, "an account that was opened first")
    return rule(state, command, now)
